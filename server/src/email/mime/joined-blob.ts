/**
 * What the parser needs of a Blob, in memory. It gathers the lines of a part in one, and Node's own, made for data that
 * may lie anywhere, takes 4 µs a piece: 500,000 short lines 3.6 s against 0.4 s, a 25 MB attachment 1.0 s against 0.3 s.
 */
class JoinedBlob {
  readonly #bytes: Uint8Array<ArrayBuffer>

  constructor(parts: (string | ArrayBuffer | Uint8Array)[] = []) {
    const pieces = parts.map(part =>
      typeof part === 'string' ? Buffer.from(part) : part instanceof ArrayBuffer ? new Uint8Array(part) : part,
    )
    this.#bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0))
    let end = 0
    for (const piece of pieces) {
      this.#bytes.set(piece, end)
      end += piece.byteLength
    }
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.buffer
  }
}

/** For a thread of its own, where nobody else uses Blob. */
export const replaceBlob = (): void => {
  globalThis.Blob = JoinedBlob as unknown as typeof Blob
}
