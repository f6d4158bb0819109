"""Functions packaged as container images: the image's own interpreter and files, warm like those of an archive.

The handler is the image's CMD, or `ImageConfig.Command`. The runtime interface client of the image stands aside: the
worker process that runs archives runs these too, so logs, limits, errors and metrics are the same.
"""

from __future__ import annotations

import base64
import contextlib
import threading
from typing import Any

from local import hooks
from local.services import image_environments, images

_EMPTY_ARCHIVE = base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")
_RUNTIME = "python@"
_REGISTRY = ".dkr.ecr."


def install() -> None:
    """Run images in worker processes instead of in Docker, and refuse those that nothing stands for."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        if not is_image(func.get("config") or func):
            return dict(old_execute(func, event, request_id))
        packed = {**func, "config": func.get("config") or func, "code_zip": _EMPTY_ARCHIVE}
        return dict(lambda_svc._execute_function_warm(packed, event, request_id))

    def worker_class(config: dict[str, Any]) -> Any:
        return image_worker if is_image(config) else old_worker_class(config)

    def detect(runtime: str) -> tuple[str, str]:
        if runtime.startswith(_RUNTIME):
            return runtime.removeprefix(_RUNTIME), lambda_runtime._PYTHON_WORKER_SCRIPT
        found: tuple[str, str] = old_detect(runtime)
        return found

    image_worker = _worker_class(lambda_runtime.Worker)
    old_execute = hooks.replace(
        lambda_svc, "_execute_function_docker", execute, parameters="func event request_id"
    )
    old_worker_class = hooks.replace(lambda_runtime, "_worker_class_for", worker_class, parameters="config")
    old_detect = hooks.replace(lambda_runtime, "_detect_runtime_binary", detect, parameters="runtime")
    _check_requests(lambda_svc)


def _check_requests(lambda_svc: Any) -> None:
    def create(data: dict[str, Any]) -> Any:
        refused = _refusal((data.get("Code") or {}).get("ImageUri"), data.get("ImageConfig"))
        return refused or old_create(data)

    def update(name: str, data: dict[str, Any]) -> Any:
        return _refusal(data.get("ImageUri"), None) or old_update(name, data)

    def _refusal(uri: str | None, config: dict[str, Any] | None) -> Any:
        if not uri:
            return None
        try:
            require(uri, config)
        except ValueError as error:
            return lambda_svc.error_response_json("InvalidParameterValueException", str(error), 400)
        return None

    old_create = hooks.replace(lambda_svc, "_create_function", create, parameters="data")
    old_update = hooks.replace(lambda_svc, "_update_code", update, parameters="name data")


def is_image(config: dict[str, Any]) -> bool:
    """Whether a function is packaged as a container image.

    Example:
        >>> is_image({"PackageType": "Image", "ImageUri": "1.dkr.ecr.r.amazonaws.com/job:1"}), is_image({})
        (True, False)
    """
    return config.get("PackageType") == "Image" and bool(config.get("ImageUri"))


def require(uri: str, config: dict[str, Any] | None) -> None:
    """Refuse an image that cannot run here; begins to make the environment of one that can.

    Raises:
        ValueError: Lambda's words, with what is missing.
    """
    from ministack.services import ecr

    if _REGISTRY in uri and images.repository(uri) not in ecr._repositories:
        raise ValueError(f"Source image {uri} does not exist. Provide a valid source image.")
    if (config or {}).get("EntryPoint"):
        raise ValueError(
            "ImageConfig.EntryPoint is not acted on by the embedded AWS: it runs the handler that "
            "ImageConfig.Command or the image names"
        )
    try:
        image = images.find(uri)
    except images.NoImageError as error:
        raise ValueError(
            f"Source image {uri} does not exist. Provide a valid source image. {error}"
        ) from error
    handler(image, {"ImageConfigResponse": {"ImageConfig": config or {}}})
    threading.Thread(target=_prepare, args=(image,), daemon=True, name="lambda-image").start()


def _prepare(image: images.Image) -> None:
    with contextlib.suppress(images.NoImageError):  # the invocation meets it again, and tells it
        image_environments.ensure(image)


def handler(image: images.Image, config: dict[str, Any]) -> str:
    """The handler of a function: of `ImageConfig.Command`, else of the image.

    Raises:
        ValueError: Neither names one.

    Example:
        >>> handler(images.Image(command=("loader.handler.handle",)), {})
        'loader.handler.handle'
    """
    of_function = ((config.get("ImageConfigResponse") or {}).get("ImageConfig") or {}).get("Command") or []
    named = [*of_function, *([] if of_function else image.command)]
    if len(named) != 1 or "." not in named[0]:
        raise ValueError(
            f"A function's image needs one handler, `module.function`, as its command; it has {named}"
        )
    return str(named[0])


def _worker_class(worker: Any) -> Any:
    class ImageWorker(worker):  # type: ignore[misc]
        """A worker whose interpreter and files are an image's."""

        config: dict[str, Any]

        def _spawn(self) -> None:
            given = self.config
            image = images.find(given["ImageUri"])
            image_environments.ensure(image)
            variables = (given.get("Environment") or {}).get("Variables") or {}
            own = {"PYTHONPATH": image.workdir or "", **image.env}
            self.config = {
                **given,
                "Runtime": f"{_RUNTIME}{image.python}",
                "Handler": handler(image, given),
                "Environment": {"Variables": own | variables},
            }
            try:
                super()._spawn()
            finally:
                self.config = given

    return ImageWorker
