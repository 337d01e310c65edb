declare module 'kafkajs-snappy' {
  /** Compresses what an encoder holds; reads raw Snappy and the framed form that Java clients write ("xerial"). */
  interface SnappyCodec {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>;
    decompress(buffer: Buffer): Promise<Buffer>;
  }
  function createSnappyCodec(): SnappyCodec;
  export = createSnappyCodec;
}
