"""The gate agrees with the registry's answer, change by change and mode by mode, and lets no value be misread.

What the registry's answer is here: for Avro, that of Apache Avro 1.11.4 for Java, which AWS names as what the Glue
registry supports, executed (`registry/`). For Protobuf AWS names no judge: the answers are those of its guide where
it has the case, else what the official Protobuf runtime does with the bytes, executed.
"""

import dataclasses
import json
import random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.diff import Bump, diff, required_bump
from operations import compatibility
from operations.compatibility import incompatibilities
from operations.exit_codes import CommandFailed
from tests.unit.operations import contract_versions as versions
from tests.unit.operations.contract_versions import AVRO, MISREAD, PROTOBUF, base, version
from tests.unit.operations.registry.answers import MODES, avro_reads, registers

from stream_values import from_protobuf, rows, through_avro, to_protobuf  # isort: skip # beside the contracts' tests

WORDS = [
    f"{name} {text}"
    for name in ("a", "b", "c")
    for text in (
        "int", "int?", "bigint", "bigint?", "float", "double?", "string", "string?", "decimal(9,3)", "date?",
        "timestamp", "moment?", "boolean", "string X Y", "string? X Y Z", "string Y X",
    )
]  # fmt: skip


def in_mode(dataset, mode):
    return dataclasses.replace(dataset, stream=dataclasses.replace(dataset.stream, compatibility=mode))


def compatible(new, earlier, mode):
    return not incompatibilities(in_mode(new, mode), earlier)


def schemas(dataset):
    return json.dumps(avro_schema(dataset)), json.dumps(avro_key_schema(dataset))


def answers(changes):
    """For each (old, new): whether the new version reads the old by Avro for Java, and the old the new."""
    pairs = []
    for old, new in changes:
        for before, after in zip(schemas(old), schemas(new), strict=True):
            pairs += [(after, before), (before, after)]
    said = avro_reads(pairs)
    # Value backward, value forward, key backward, key forward: four a change.
    fours = [said[at : at + 4] for at in range(0, len(said), 4)]
    return [(value_b and key_b, value_f and key_f) for value_b, value_f, key_b, key_f in fours]


def some_versions(count):
    chance = random.Random(6)
    made = []
    for _ in range(count):
        names = {word.split()[0]: word for word in chance.sample(WORDS, chance.randint(1, 5))}
        made.append(version("id bigint", *names.values()))
    return made


RANDOM = list(zip(some_versions(300), some_versions(301)[1:], strict=True))


HISTORIES = {
    "a column goes and comes back as something else": (base(), base(without="phone"), base(("phone string?", "phone int?"))),
    "a column becomes optional, then goes": (base(), base(("email string", "email string?")), base(without="email")),
    "a list grows and shrinks again": (base(), base(("status string NEW PAID", "status string NEW PAID SENT")), base()),
    "a number widens twice": (base(), base(("quantity int", "quantity bigint")), base(("quantity int", "quantity double"))),
    "an optional column comes, another goes": (base(without="phone"), base(), base(without="day")),
}  # fmt: skip


@pytest.fixture(scope="module")
def registry():
    """Its answer to every change of the tables, of chance and of histories, asked in one go."""
    changes = {name: (old, new) for name, (old, new, _, _) in AVRO.items()}
    changes |= dict(enumerate(RANDOM))
    changes |= {
        (name, place): (old, new)
        for name, (*earlier, new) in HISTORIES.items()
        for place, old in enumerate(earlier)
    }
    return dict(zip(changes, answers(changes.values()), strict=True))


def test_the_tables_are_long_enough():
    assert len(AVRO) >= 30
    assert len(PROTOBUF) >= 30


@pytest.mark.parametrize("name", AVRO)
def test_the_registrys_library_answers_as_awss_guide_and_the_specification_say(registry, name):
    assert registry[name] == AVRO[name][2:]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", AVRO)
def test_the_gate_agrees_with_the_registry_on_avro(registry, name, mode):
    old, new, _, _ = AVRO[name]
    backward, forward = registry[name]
    assert compatible(new, [old], mode) is registers(mode, [backward], [forward])


@pytest.mark.parametrize("mode", ["BACKWARD", "FORWARD", "FULL_ALL"])
def test_the_gate_agrees_with_the_registry_on_changes_that_nobody_chose(registry, mode):
    wrong = [
        (schemas(old)[0], schemas(new)[0])
        for place, (old, new) in enumerate(RANDOM)
        if compatible(new, [old], mode) is not registers(mode, [registry[place][0]], [registry[place][1]])
    ]
    assert not wrong
    assert len({registry[place] for place in range(len(RANDOM))}) == 4, "every kind of answer was met"


@pytest.mark.parametrize("name", HISTORIES)
def test_all_modes_look_at_every_version_and_the_others_at_the_last(registry, name):
    *earlier, new = HISTORIES[name]
    said = [registry[name, place] for place in range(len(earlier))]
    backward, forward = [one[0] for one in said], [one[1] for one in said]
    for mode in MODES:
        assert compatible(new, earlier, mode) is registers(mode, backward, forward), mode


def test_a_history_tells_all_modes_from_the_others():
    *earlier, new = HISTORIES["a column goes and comes back as something else"]
    assert compatible(new, earlier, "BACKWARD")
    assert not compatible(new, earlier, "BACKWARD_ALL")


@pytest.mark.parametrize("mode", ["BACKWARD", "FORWARD", "FULL"])
@pytest.mark.parametrize("name", PROTOBUF)
def test_the_gate_agrees_with_the_table_on_protobuf(name, mode):
    old, new, backward, forward = PROTOBUF[name]
    assert compatible(new, [old], mode) is registers(mode, [backward], [forward])


def reads(reader, writer):
    """Whether the official runtime gives a reader each value of rows that the writer sent, by name."""

    @settings(
        max_examples=30,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # a first row that is lost is enough, the smallest is not looked for
        suppress_health_check=list(HealthCheck),
    )
    @given(row=rows(writer))
    def agree(row):
        try:
            seen = from_protobuf(reader, to_protobuf(writer, row))
        except (ArithmeticError, ValueError, OverflowError) as error:
            raise AssertionError(row) from error
        for one in reader.columns:
            if one.name in row:
                assert seen[one.name] == row[one.name]
            else:
                assert seen[one.name] is None
        # A column that the reader has under another name would be lost.
        numbers = {one.field_number for one in reader.columns}
        names = {one.name for one in reader.columns}
        assert not [
            one.name for one in writer.columns if one.field_number in numbers and one.name not in names
        ]

    try:
        agree()
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", PROTOBUF)
def test_the_official_runtime_reads_what_the_table_says_that_it_reads(name):
    old, new, backward, forward = PROTOBUF[name]
    assert (reads(new, old), reads(old, new)) == (backward, forward)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (base(**versions.P), base(without="phone", **versions.P)),
        (base(**versions.P), base(("quantity int", "quantity bigint"), **versions.P)),
    ],
    ids=["a column goes and its number is not reserved", "int to bigint"],
)
def test_on_protobuf_the_gate_is_stricter_than_bytes_are(old, new):
    assert reads(new, old)
    assert not compatible(new, [old], "BACKWARD")


@pytest.mark.parametrize("name", MISREAD)
def test_what_fits_in_bytes_and_means_something_else_asks_for_a_new_topic(name):
    old, new, _, _ = AVRO[name]
    assert compatible(new, [old], "FULL")
    assert required_bump(diff(old, new)) is Bump.MAJOR


@st.composite
def steps(draw):
    """Two versions whose second has the columns of the first in any order, some of them wider, and others."""
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique_by=lambda word: word[0])
    old, others = draw(words), draw(words)
    wider = [
        word.replace("int", "bigint") if draw(st.booleans()) else word for word in old if "big" not in word
    ]
    new = {word[0]: word for word in [*others, *wider, *old]}
    format_ = draw(st.sampled_from(["avro", "protobuf"]))
    return [
        version(
            "id bigint=1",
            *(f"{word}={ord(word[0])}" for word in draw(st.permutations(words))),
            format=format_,
            compatibility="FULL",
        )
        for words in (old, list(new.values()))
    ]


@settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))
@given(pair=steps(), data=st.data())
def test_whatever_gate_and_version_rule_let_pass_is_read_exactly(pair, data):
    old, new = pair
    assume(required_bump(diff(old, new)) is not Bump.MAJOR and not incompatibilities(new, [old]))
    for writer, reader in ((old, new), (new, old)):
        row = data.draw(rows(writer))
        avro = old.stream.format == "avro"
        seen = through_avro(writer, row, reader) if avro else from_protobuf(reader, to_protobuf(writer, row))
        assert seen == {one.name: row.get(one.name) for one in reader.columns}


def test_a_new_major_version_has_a_topic_and_a_subject_of_its_own():
    old, new = base(), base(("quantity int", "quantity string"), number="2.0.0")
    assert compatible(new, [old], "FULL_ALL")
    assert new.stream.topic == "retail.orders.v2"


def test_versions_from_before_there_was_a_stream_do_not_matter():
    old = dataclasses.replace(base(), stream=None)
    assert compatible(base(("quantity int", "quantity string")), [old], "FULL_ALL")
    assert incompatibilities(old, [base()]) == ()


def test_the_reason_says_which_version_which_place_and_what():
    (reason,) = incompatibilities(
        in_mode(base(plus="zip string", number="1.1.0"), "BACKWARD"), [base(number="1.0.3")]
    )
    assert reason == (
        "version 1.1.0 cannot read the value of 1.0.3: reader field missing default value at /fields/10 (zip)"
    )
    new = base(("quantity int", "quantity string"), number="1.1.0", **versions.P)
    (reason,) = incompatibilities(in_mode(new, "BACKWARD"), [base(number="1.0.3", **versions.P)])
    assert reason.startswith('version 1.1.0 cannot read the value of 1.0.3: Field "4" with name "quantity"')


def test_without_its_judge_the_gate_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(compatibility.sysconfig, "get_path", lambda _: str(tmp_path))
    old, new, _, _ = PROTOBUF["int to string"]
    with pytest.raises(CommandFailed, match=r"buf-bin is not installed.*`make setup`"):
        incompatibilities(in_mode(new, "FULL"), [old])


def test_a_judge_that_fails_is_no_agreement(monkeypatch):
    monkeypatch.setattr(compatibility, "_RULES", ("NO_SUCH_RULE",))
    old, new, _, _ = PROTOBUF["an optional column comes (AWS)"]
    with pytest.raises(CommandFailed, match=r"buf cannot compare the schemas: .*NO_SUCH_RULE"):
        incompatibilities(in_mode(new, "FULL"), [old])
