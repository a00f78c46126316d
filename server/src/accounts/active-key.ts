import type { Context } from '../operation.ts'
import { problem } from '../problems.ts'
import * as store from './keys.sql.ts'

/**
 * Throws unauthorized when the key of this request was revoked, or has expired, since the request began. For whatever is long under way before
 * it shows mail.
 */
export const checkStillActive = async ({ db, org, key }: Pick<Context, 'db' | 'org' | 'key'>): Promise<void> => {
  if (key && !(await store.isActive(db, org, key.id))) throw problem('unauthorized')
}
