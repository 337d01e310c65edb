import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kafka's own Java client, for tests: java -cp '<jars>/*' JavaClient.java produce|consume BROKERS PREFIX COUNT COMPRESSION...
 * The topic is the prefix and the compression. Record n has the key "k<n>", the value "<n>:" and n times "lorem ", and a header
 * n. Consuming prints "<compression> <key> <length of value>" a line.
 */
public class JavaClient {
  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(args[3]);
    for (String compression : List.of(args).subList(4, args.length)) {
      if (args[0].equals("produce")) produce(args[1], args[2], count, compression);
      else consume(args[1], args[2], count, compression);
    }
  }

  private static void produce(String brokers, String prefix, int count, String compression) {
    Map<String, Object> config = Map.of(
        "bootstrap.servers", brokers, "compression.type", compression, "linger.ms", 200, "batch.size", 500_000);
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      for (int n = 0; n < count; n++) {
        var record = new ProducerRecord<>(prefix + compression, "k" + n, n + ":" + "lorem ".repeat(n));
        record.headers().add("n", Integer.toString(n).getBytes(StandardCharsets.UTF_8));
        producer.send(record);
      }
    }
  }

  private static void consume(String brokers, String prefix, int count, String compression) {
    Map<String, Object> config = Map.of(
        "bootstrap.servers", brokers, "group.id", "java-" + prefix + compression, "auto.offset.reset", "earliest");
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(prefix + compression));
      for (int seen = 0; seen < count; ) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          System.out.println(compression + " " + record.key() + " " + record.value().length());
          seen++;
        }
      }
    }
  }
}
