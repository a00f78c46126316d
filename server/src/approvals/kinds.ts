/** Everything that can wait for approval, on one page. */
import * as wallet from '../billing/wallet.sql.ts'
import { findHeldMail } from '../email/policy/held-mail.ts'
import type { Db } from '../kernel/database/db.ts'
import { findHeldOrder } from '../post/checkout/held-order.ts'
import { findHeldPiece } from '../post/pieces/held-piece.ts'
import type { FindHeld, HeldKind } from './held-thing.ts'

interface Kind {
  find: FindHeld
  /** What is locked before the approval, so that all take their locks in one order. */
  lock?(db: Db, org: string, livemode: boolean): Promise<unknown>
}

export const kinds: Record<HeldKind, Kind> = {
  message: { find: findHeldMail, lock: wallet.lock },
  piece: { find: findHeldPiece },
  order: { find: findHeldOrder },
}
