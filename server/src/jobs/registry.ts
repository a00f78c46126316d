/** Every background job: what it is called and who does it. A job may run twice; each handler is safe to repeat. */
import { sendClaimMail } from '../accounts/ownership-claims.ts'
import { askOwner, expireApprovals } from '../approvals/approvals.ts'
import { sendEmptyWalletMail } from '../billing/payments.ts'
import { checkDomains } from '../email/domains/domain-checks.ts'
import { interpretMail, resumeMail } from '../email/inbound/receive.ts'
import type { App } from '../platform.ts'
import { payWaitingOrder } from '../post/checkout/checkout.ts'
import { tickPost } from '../post/cron.ts'
import { produceDrops } from '../post/production/production.ts'
import { playSandbox } from '../post/sandbox/sandbox.ts'
import { readFeed } from '../post/tracking/tracking.ts'
import { verifyOrder } from '../post/verification/verify.ts'
import { prune } from './prune.ts'

/** `interrupted`: the process that ran the job before died, perhaps because of it. */
export type JobHandler = (app: App, payload: never, run: { interrupted: boolean }) => Promise<void>

export const jobs = {
  /** Works out what a received mail is, and puts it into its inboxes. */
  'email.interpret': interpretMail,
  /** Adds a job for received mail that has waited too long. */
  'email.resume': resumeMail,
  /** Asks the owner of a new organization whether it is theirs. */
  'claims.invite': sendClaimMail,
  /** Tells an owner that there is no credit left, with a link to top up. */
  'wallet.empty': sendEmptyWalletMail,
  /** Mails the owner a link to approve or reject what is held. */
  'approvals.ask': askOwner,
  /** Rejects what is held and nobody decided about in time. */
  'approvals.expire': expireApprovals,
  /** Asks the DNS about domains whose time has come. */
  'domains.check': checkDomains,
  /** Pays an order whose card payment has come. */
  'post.pay': payWaitingOrder,
  /** Asks the provider about the addresses of a paid order. */
  'post.verify': verifyOrder,
  /** Renders locked drops and hands them to their carriers. */
  'post.produce': produceDrops,
  /** Plays what is due in an organization's sandbox. */
  'post.sandbox': playSandbox,
  /** Reads a stored tracking report. */
  'post.tracking': readFeed,
  /** Locks drops, reads what print shops answered, asks again for what was given up. */
  'post.tick': tickPost,
  /** Removes what is past its retention: idempotency answers, webhook attempts. */
  prune,
} satisfies Record<string, JobHandler>
