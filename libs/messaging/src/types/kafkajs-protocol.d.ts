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
    decode(bytes: Buffer): Promise<unknown>;
    parse(decoded: unknown): Promise<unknown>;
  };
  export = response;
}

declare module 'kafkajs/src/protocol/requests/produce/v7/request' {
  function request(options: object): { encode(): Promise<{ buffer: Buffer }> };
  export = request;
}
