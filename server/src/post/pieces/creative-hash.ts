/** What is on a piece, in 32 bytes: the creative, and the bytes of the files it names. */

import { unlessGone } from '../../kernel/blobs.ts'
import { sha256 } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'

/** SHA-256 (hex) of a creative, complete or not. */
export const creativeHash = async (app: App, db: Db, org: string, creative: object | null): Promise<string> => {
  const files = new Set<string>()
  const text = JSON.stringify(creative, (name, value: unknown) => {
    if (name === 'blob_id' && typeof value === 'string') files.add(value)
    return value
  })
  const hash = [sha256(text ?? '')]
  for (const id of [...files].sort()) hash.push(sha256((await app.blobs.get(db, org, id).catch(unlessGone)) ?? 'missing'))
  return sha256(Buffer.concat(hash)).toString('hex')
}
