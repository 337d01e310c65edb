declare module 'zstd-codec' {
  interface ZstdStreaming {
    /** `sizeHint`: of the first output buffer, which grows. Null when the compressor failed. */
    compressChunks(chunks: Iterable<Uint8Array>, sizeHint: number, level: number): Uint8Array | null;
  }
  interface ZstdBinding {
    Streaming: new () => ZstdStreaming;
  }
  export const ZstdCodec: { run(ready: (binding: ZstdBinding) => void): void };
}
