declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  /** CRC-32C (Castagnoli), unsigned. */
  function crc32c(bytes: Buffer): number;
  export = crc32c;
}

declare module 'kafkajs/src/protocol/message/compression' {
  const compression: {
    /** Null for no compression. @throws when none is registered. */
    lookupCodec(type: number): { compress(encoder: { buffer: Buffer }): Promise<Buffer> } | null;
  };
  export = compression;
}

declare module 'kafkajs/src/protocol/requests/produce/v7/response' {
  const response: {
    decode(bytes: Buffer): Promise<{
      topics: {
        topicName: string;
        partitions: { partition: number; errorCode: number; baseOffset: string }[];
      }[];
    }>;
  };
  export = response;
}

declare module 'kafkajs/src/protocol/error' {
  const error: {
    failure(code: number): boolean;
    createErrorFromCode(code: number): Error;
  };
  export = error;
}

declare module 'kafkajs/src/protocol/requests/produce/v7/request' {
  function request(options: object): { encode(): Promise<{ buffer: Buffer }> };
  export = request;
}

declare module 'kafkajs/src/network/connectionPool' {
  class ConnectionPool {
    send(request: { request: { apiName: string } }): Promise<unknown>;
  }
  export = ConnectionPool;
}
