import { type Kafka } from 'kafkajs';

/** A connected kafkajs cluster. @throws when no broker answers */
export async function connect(kafka: Kafka): Promise<Cluster> {
  const cluster = newCluster(kafka);
  try {
    await cluster.connect();
    return cluster;
  } catch (error) {
    await cluster.disconnect().catch(() => undefined);
    throw error;
  }
}

/** Closes a cluster's connections, also of one that is still connecting. Never rejects. */
export async function disconnect(connecting: Promise<Cluster> | undefined): Promise<void> {
  await connecting?.then((cluster) => cluster.disconnect()).catch(() => undefined);
}

/** A kafkajs cluster with the client's own configuration. kafkajs 2.2.4 keeps its factory under a symbol. */
function newCluster(kafka: Kafka): Cluster {
  const factory = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === CLUSTER_FACTORY,
  );
  if (!factory)
    throw new Error('this version of kafkajs is not the one the fenced log writer was made for (2.2.4)');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[factory]!;
  return create({ allowAutoTopicCreation: false, metadataMaxAge: 300_000 });
}

const CLUSTER_FACTORY = 'private:Kafka:createCluster';

/** What is used of kafkajs 2.2.4 `src/cluster`. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(node: { nodeId: string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
}

/** What is used of kafkajs 2.2.4 `src/broker`; each is one request, without a retry. */
export interface Broker {
  connectionPool: { send<Answer>(request: object): Promise<Answer> };
  listOffsets(request: {
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { partitions: { offset: string }[] }[] }>;
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{
    responses: { partitions: { messages: { offset: string; headers?: Record<string, unknown> }[] }[] }[];
  }>;
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  initProducerId(request: {
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
}
