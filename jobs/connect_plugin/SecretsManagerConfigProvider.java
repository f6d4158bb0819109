package dataplatform.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;

/**
 * Values of AWS Secrets Manager in the configuration of a worker or a connector: ${secretsmanager:name:key} is the
 * member `key` of the JSON object that the secret `name` holds now.
 *
 * <p>The worker configuration names it: config.providers=secretsmanager,
 * config.providers.secretsmanager.class=dataplatform.connect.SecretsManagerConfigProvider,
 * config.providers.secretsmanager.param.region=ap-southeast-2. It needs no other jar than those of the plug-in: the
 * AWS SDK's core comes with the converter of the Glue Schema Registry. A value is read when a connector or a task
 * starts, and is never logged.
 */
public final class SecretsManagerConfigProvider implements ConfigProvider {
  private static final String SERVICE = "secretsmanager";
  private static final int ATTEMPTS = 4;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private final ObjectMapper json = new ObjectMapper();
  private SdkHttpClient http;
  private DefaultCredentialsProvider credentials;
  private String region;
  private URI endpoint;

  @Override
  public void configure(Map<String, ?> configs) {
    Object given = configs.get("region");
    if (given == null) {
      throw new ConfigException("config.providers.<name>.param.region is missing: the region of the secrets");
    }
    region = given.toString();
    String named = System.getenv("AWS_ENDPOINT_URL");
    endpoint = URI.create(named == null ? "https://secretsmanager." + region + ".amazonaws.com" : named);
    http = UrlConnectionHttpClient.create();
    credentials = DefaultCredentialsProvider.create();
  }

  @Override
  public ConfigData get(String path) {
    Map<String, String> found = new HashMap<>();
    secret(path).fields().forEachRemaining(each -> found.put(each.getKey(), each.getValue().asText()));
    return new ConfigData(found);
  }

  @Override
  public ConfigData get(String path, Set<String> keys) {
    Map<String, String> found = get(path).data();
    for (String key : keys) {
      if (!found.containsKey(key)) {
        throw new ConfigException("The secret " + path + " has no " + key);
      }
    }
    found.keySet().retainAll(keys);
    return new ConfigData(found);
  }

  @Override
  public void close() {
    if (http != null) {
      http.close();
      credentials.close();
    }
  }

  private JsonNode secret(String name) {
    try {
      JsonNode answer = json.readTree(ask(json.writeValueAsBytes(Map.of("SecretId", name))));
      JsonNode content = json.readTree(answer.path("SecretString").asText());
      if (!content.isObject()) {
        throw new ConfigException("The secret " + name + " holds no JSON object");
      }
      return content;
    } catch (IOException error) {  // without its cause, whose text may quote what the secret holds
      throw new ConfigException("The secret " + name + " cannot be read: " + error.getClass().getSimpleName());
    }
  }

  private byte[] ask(byte[] body) throws IOException {
    IOException last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return call(body);
      } catch (IOException error) {
        last = error;
        pause(1000L << attempt);
      }
    }
    throw last;
  }

  private byte[] call(byte[] body) throws IOException {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.POST)
            .uri(endpoint)
            .putHeader("Content-Type", "application/x-amz-json-1.1")
            .putHeader("X-Amz-Target", "secretsmanager.GetSecretValue")
            .build();
    SignedRequest signed =
        AwsV4HttpSigner.create()
            .sign(
                make ->
                    make.identity(credentials.resolveCredentials())
                        .request(request)
                        .payload(() -> new ByteArrayInputStream(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SERVICE)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region));
    HttpExecuteResponse response =
        http.prepareRequest(
                HttpExecuteRequest.builder()
                    .request(signed.request())
                    .contentStreamProvider(signed.payload().orElseThrow())
                    .build())
            .call();
    byte[] content = new byte[0];
    if (response.responseBody().isPresent()) {
      try (InputStream stream = response.responseBody().get()) {
        content = stream.readAllBytes();
      }
    }
    int status = response.httpResponse().statusCode();
    if (status >= SERVER_ERROR || status == TOO_MANY_REQUESTS) {
      throw new IOException("Secrets Manager answered " + status);
    }
    if (!response.httpResponse().isSuccessful()) {
      throw new ConfigException("Secrets Manager refused: " + new String(content, StandardCharsets.UTF_8));
    }
    return content;
  }

  private static void pause(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }
}
