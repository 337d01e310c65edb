import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A plain Java consumer, for tests: java -cp '<jars>/*' ReadTopic.java BROKERS TOPIC. Prints each record the topic holds as
 * "<partition> <offset> <key> <value> <header>:<value>..." a line, with every text in base64 and "-" for null.
 */
public class ReadTopic {
  public static void main(String[] args) {
    Map<String, Object> config = Map.of("bootstrap.servers", args[0]);
    try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = consumer.partitionsFor(args[1]).stream()
          .map(info -> new TopicPartition(info.topic(), info.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) print(record);
      }
    }
  }

  private static void print(ConsumerRecord<byte[], byte[]> record) {
    var fields = new ArrayList<String>(List.of(
        String.valueOf(record.partition()), String.valueOf(record.offset()), text(record.key()), text(record.value())));
    for (Header header : record.headers()) fields.add(text(header.key().getBytes()) + ":" + text(header.value()));
    System.out.println(String.join(" ", fields));
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "-" : Base64.getEncoder().encodeToString(bytes);
  }
}
