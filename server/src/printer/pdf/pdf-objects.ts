/** The indirect objects of a PDF file, before they have numbers. See pdf.ts. */
import { deflateSync } from 'node:zlib'

export type Part = string | Uint8Array | PdfObject

/** An indirect object: its bytes, with other objects in the places where they are referred to. */
export class PdfObject {
  parts: readonly (Uint8Array | PdfObject)[] = []

  constructor(parts?: readonly Part[]) {
    if (parts) this.fill(parts)
  }

  /** Gives an object its content after the fact; imported objects may refer to each other in circles. */
  fill(parts: readonly Part[]): void {
    this.parts = parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
  }
}

/** A stream object. `dictionary` holds the entries besides Length and Filter; bytes are deflated. */
export function streamObject(dictionary: readonly Part[], bytes: Uint8Array | string, level = 9): PdfObject {
  const packed = deflateSync(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, { level })
  return new PdfObject(['<<', ...dictionary, `/Filter/FlateDecode/Length ${packed.length}>>\nstream\n`, packed, '\nendstream'])
}
