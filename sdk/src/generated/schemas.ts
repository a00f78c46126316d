// Printed from the code by `npm run docs`. Edit server/src/api/v1.ts or the operations it names instead.

export interface ApiKey {
  id: string
  name: string
  /** Beginning and end of the key, to tell keys apart. */
  hint: string
  mode: 'live' | 'test'
  /** Whose client the key was made for. */
  dialect: string
  scopes: string[]
  expires_at: string | null
  last_used_at: string | null
  created_at: string
}

export interface WalletEntry {
  id: string
  /** Positive: credit. Negative: charge. */
  amount_mills: number
  /** The balance after it. */
  balance_mills: number
  kind: string
  /** What it was for: the id of a message, an order or a payment. */
  reference: string
  created_at: string
}

export interface Inbox {
  id: string
  name: string
  email: string
  organization_id: string
  created_at: string
}

export interface Message {
  id: string
  inbox_id: string
  thread_id: string
  livemode: boolean
  /** inbound or outbound. */
  direction: string
  /** received; or queued, sent, delivered, bounced, rejected, held. */
  status: string
  /** Message-ID (RFC 5322 §3.6.4), with angle brackets. */
  message_id: string
  in_reply_to: string | null
  references: string[]
  from_email: string
  from_name: string | null
  reply_to: string | null
  to: string[]
  cc: string[]
  bcc: string[]
  subject: string
  text: string | null
  html: string | null
  /** Plain text of the new part: no quoted history, no markup. */
  extracted_text: string | null
  /** Inbound: every header, repeated ones joined by a newline. Outbound: the ones you set. */
  headers: Record<string, string>
  attachments: Attachment[]
  /** Inbound: SPF, DKIM, DMARC verdicts on the sender, and trust in one word. */
  authentication: unknown | null
  /** True when a machine wrote it (RFC 3834): never answer it automatically. */
  automatic: boolean
  /** Why an inbound mail could not be taken apart; its source is still there. */
  parse_problem: string | null
  /** Outbound: what became of it at each recipient. */
  recipients: {
    email: string
    /** queued, sending, deferred, delivered, bounced or rejected. */
    status: string
    attempts: number
    next_attempt_at: string | null
    /** SMTP reply code of the last attempt (RFC 5321 §4.2). */
    code: number | null
    /** The reply in the words of the recipient’s server. */
    reply: string | null
    remote_host: string | null
    /** Why it failed: hard, soft, policy, spam, quota … */
    category: string | null
  }[]
  /** Bytes of the mail as received; 0 for outbound. */
  size: number
  created_at: string
}

export interface Thread {
  id: string
  inbox_id: string
  subject: string
  message_count: number
  last_message_at: string
  created_at: string
}

export interface Domain {
  id: string
  name: string
  organization_id: string | null
  /** verified: it can be used. failing: verified, but its proof is gone; after three days it is failed, and nothing can be sent from it. */
  status: 'unverified' | 'verified' | 'failing' | 'failed'
  /** Inboxes can be made and mail can be sent. Proven by the dkim record. */
  is_verified: boolean
  /** Its mail comes here: needed for receiving. */
  mx_verified: boolean
  spf_verified: boolean
  /** The proof that the domain is yours, and needed for sending. */
  dkim_verified: boolean
  dmarc_verified: boolean
  /** Return paths are at the domain instead of the mail domain of this server. */
  return_path_verified: boolean
  /** The proof is there, but another organization has verified the domain and still holds it. */
  taken: boolean
  verified_at: string | null
  failing_since: string | null
  checked_at: string | null
  /** When the DNS is asked again by itself; null: only when you ask. */
  next_check_at: string | null
  created_at: string
}

export interface Suppression {
  id: string
  email: string
  /** hard_bounce, complaint, unsubscribe, manual */
  reason: string
  /** The SMTP reply or report that caused it, or your note. */
  evidence: string | null
  created_at: string
}

export interface Webhook {
  id: string
  name: string
  url: string
  /** Event types, or "*" for all. */
  events: string[]
  /** Whose words and signature it gets. */
  dialect: string
  enabled: boolean
  /** gone: it answered 410. failing: it only failed for five days. null: it was switched off by hand, or is on. */
  disabled_reason: string | null
  /** The first failure after the last success. */
  failing_since: string | null
  /** Until then the secret before the last rotation signs too. */
  previous_secret_until: string | null
  created_at: string
}

export interface WebhookAttempt {
  id: string
  webhook_id: string
  delivery_id: string
  /** What the receiver saw as webhook-id. */
  event_id: string
  event_type: string
  /** 1 is the first; a replay counts from 1 again. */
  attempt: number
  /** HTTP status; null when there was no answer. */
  status: number | null
  /** Why it counts as failed; null when it was delivered. */
  error: string | null
  /** The beginning of what the endpoint answered. */
  response_excerpt: string | null
  duration_ms: number
  created_at: string
}

export interface WebhookDelivery {
  id: string
  webhook_id: string
  event_id: string
  event_type: string
  /** pending, delivered or failed. */
  status: string
  /** Made since it was recorded or replayed. */
  attempts: number
  next_attempt_at: string | null
  created_at: string
}

export interface Event {
  id: string
  type: string
  livemode: boolean
  created_at: string
  /** The thing it happened to, as it was then. */
  data: unknown
}

export interface Organization {
  id: string
  name: string
  owner_email: string
  /** Whether the owner has confirmed it. */
  claimed: boolean
  inboxes_count: number
  /** Messages of this mode, both directions. */
  messages_count: number
  domains_count: number
  created_at: string
}

export interface Wallet {
  livemode: boolean
  /** False when this server charges nothing. */
  billing: boolean
  /** Credit left, in 1/1000 USD. */
  balance_mills: number
  balance: string
  /** How many plain emails that pays for. */
  emails_remaining: number
}

export interface Attachment {
  id: string
  filename: string
  content_type: string
  content_id: string | null
  inline: boolean
  /** Bytes. */
  size: number
  /** Where to fetch it; signed, valid for seven days. */
  url: string
}

export interface ThreadDetail {
  id: string
  inbox_id: string
  subject: string
  message_count: number
  last_message_at: string
  created_at: string
  /** The first 500. */
  messages: Message[]
}

export interface DomainDetail {
  id: string
  name: string
  organization_id: string | null
  /** verified: it can be used. failing: verified, but its proof is gone; after three days it is failed, and nothing can be sent from it. */
  status: 'unverified' | 'verified' | 'failing' | 'failed'
  /** Inboxes can be made and mail can be sent. Proven by the dkim record. */
  is_verified: boolean
  /** Its mail comes here: needed for receiving. */
  mx_verified: boolean
  spf_verified: boolean
  /** The proof that the domain is yours, and needed for sending. */
  dkim_verified: boolean
  dmarc_verified: boolean
  /** Return paths are at the domain instead of the mail domain of this server. */
  return_path_verified: boolean
  /** The proof is there, but another organization has verified the domain and still holds it. */
  taken: boolean
  verified_at: string | null
  failing_since: string | null
  checked_at: string | null
  /** When the DNS is asked again by itself; null: only when you ask. */
  next_check_at: string | null
  created_at: string
  records: {
    record: 'mx' | 'spf' | 'dkim' | 'dkim_ed25519' | 'dmarc' | 'return_path'
    purpose: string
    /** Empty: advice. */
    required_for: ('ownership' | 'sending' | 'receiving')[]
    type: 'MX' | 'TXT' | 'CNAME'
    /** Relative to the domain; @ is the domain itself. */
    host: string
    /** The same as a whole name. */
    fqdn: string
    value: string
    priority: number | null
    /** A TXT value in pieces of at most 255 characters, for providers that want it so. */
    strings: string[]
    /** The record as a zone file has it. */
    zone_line: string
    /** unknown: not looked up yet, or the name servers did not answer. */
    status: 'valid' | 'missing' | 'invalid' | 'unknown'
    /** What is there instead. */
    found: string[]
    problem: string | null
    /** What exactly to change. */
    change: string | null
    hints: string[]
  }[]
}

export interface CreatedApiKey {
  id: string
  name: string
  /** Beginning and end of the key, to tell keys apart. */
  hint: string
  mode: 'live' | 'test'
  /** Whose client the key was made for. */
  dialect: string
  scopes: string[]
  expires_at: string | null
  last_used_at: string | null
  created_at: string
  /** The key itself, shown only now. */
  key: string
}

export interface CreatedWebhook {
  id: string
  name: string
  url: string
  /** Event types, or "*" for all. */
  events: string[]
  /** Whose words and signature it gets. */
  dialect: string
  enabled: boolean
  /** gone: it answered 410. failing: it only failed for five days. null: it was switched off by hand, or is on. */
  disabled_reason: string | null
  /** The first failure after the last success. */
  failing_since: string | null
  /** Until then the secret before the last rotation signs too. */
  previous_secret_until: string | null
  created_at: string
  /** The signing secret, shown only now. */
  secret: string
}

export interface Deleted {
  id: string
  deleted: true
}

export interface DeletedSuppression {
  email: string
  deleted: true
}

export interface RegisterResult {
  /** Shown only now. */
  api_key: string
  email: string
  inbox_id: string
  organization_id: string
  owner_email: string
}

export interface OrganizationClaimResult {
  sent_to: string
}

export interface WalletTopupsResult {
  id: string
  /** Where a human pays. */
  url: string
}

export interface InboxWaitResult {
  /** null: nothing came in time; call again. */
  message: Message | null
  /** One-time codes found in it, likeliest first. */
  codes: {
    value: string
    confidence: number
  }[]
  /** Links found in it. */
  links: {
    url: string
    kind: string
  }[]
}

export interface MessageSourceResult {
  /** The whole mail (RFC 5322) in base64: as received, or as it is put on the wire. */
  source: string
  size: number
}

export interface DomainDnsResult {
  domain_id: string
  name: string
  records: {
    record: 'mx' | 'spf' | 'dkim' | 'dkim_ed25519' | 'dmarc' | 'return_path'
    purpose: string
    /** Empty: advice. */
    required_for: ('ownership' | 'sending' | 'receiving')[]
    type: 'MX' | 'TXT' | 'CNAME'
    /** Relative to the domain; @ is the domain itself. */
    host: string
    /** The same as a whole name. */
    fqdn: string
    value: string
    priority: number | null
    /** A TXT value in pieces of at most 255 characters, for providers that want it so. */
    strings: string[]
    /** The record as a zone file has it. */
    zone_line: string
    /** unknown: not looked up yet, or the name servers did not answer. */
    status: 'valid' | 'missing' | 'invalid' | 'unknown'
    /** What is there instead. */
    found: string[]
    problem: string | null
    /** What exactly to change. */
    change: string | null
    hints: string[]
  }[]
  /** All records as lines of a zone file, to import. */
  zone_file: string
}

export interface WebhookTestResult {
  id: string
  webhook_id: string
  delivery_id: string
  /** What the receiver saw as webhook-id. */
  event_id: string
  event_type: string
  /** 1 is the first; a replay counts from 1 again. */
  attempt: number
  /** HTTP status; null when there was no answer. */
  status: number | null
  /** Why it counts as failed; null when it was delivered. */
  error: string | null
  /** The beginning of what the endpoint answered. */
  response_excerpt: string | null
  duration_ms: number
  created_at: string
  delivered: boolean
}

export interface WebhookReplayResult {
  /** How many. At 10000 there may be more: call again. */
  replayed: number
}

export interface RegisterInput {
  /** Name of the agent. */
  name: string
  /** Address of the human who answers for it. */
  owner_email: string
  /** Whose client will use the key. */
  dialect?: 'pennypost' | 'mailboxkit' | 'mailbots' | 'mailbindr' | 'maildrone' | 'mailstream'
}

export interface ApiKeyCreateInput {
  name: string
  /** test cuts the world off: nothing leaves, nothing is charged. Default live. */
  mode?: 'live' | 'test'
  /** Whose client will use it; decides the prefix. */
  dialect?: 'pennypost' | 'mailboxkit' | 'mailbots' | 'mailbindr' | 'maildrone' | 'mailstream'
  /** What it may do. Default: everything the key that makes it may. */
  scopes?: ('account.read' | 'account.manage' | 'inboxes.read' | 'inboxes.manage' | 'messages.read' | 'messages.send' | 'messages.approve' | 'domains.read' | 'domains.manage' | 'suppressions.manage' | 'webhooks.manage' | 'events.read' | 'orders.create' | 'orders.read' | 'orders.update' | 'orders.delete')[]
  /** From then on it is refused. */
  expires_at?: string
}

export interface ApiKeyListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WalletEntryListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WalletTopupsInput {
  /** In 1/1000 USD, whole cents: 5000 is $5. */
  amount_mills: number
}

export interface InboxCreateInput {
  /** Display name; it stands before the address in From. */
  name?: string
  /** At a verified domain of yours or at the mail domain of this server. Left out: one is made up. */
  email?: string
}

export interface InboxListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface MessageCreateInput {
  /** One address or a list; "Name <a@b.c>" works too. */
  to: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  cc?: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  bcc?: string | string[]
  reply_to?: string
  subject: string
  /** Plain text body. */
  text?: string
  /** HTML body. */
  html?: string
  /** Further headers, such as X-Campaign. */
  headers?: Record<string, string>
  /** At most 5 of 10 MB each. */
  attachments?: {
    filename: string
    /** The bytes in base64. */
    content: string
    /** Media type, default application/octet-stream. */
    content_type?: string
    /** Set it to show the file inside the HTML as cid:… */
    content_id?: string
  }[]
}

export interface MessageListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  direction?: 'inbound' | 'outbound'
  status?: string
  /** Only later ones. */
  created_after?: string
  /** Only earlier ones. */
  created_before?: string
}

export interface MessageReplyInput {
  /** Answer everybody it went to, not only its sender. */
  reply_all?: boolean
  /** One address or a list; "Name <a@b.c>" works too. */
  cc?: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  bcc?: string | string[]
  /** Plain text body. */
  text?: string
  /** HTML body. */
  html?: string
  /** Further headers, such as X-Campaign. */
  headers?: Record<string, string>
  /** At most 5 of 10 MB each. */
  attachments?: {
    filename: string
    /** The bytes in base64. */
    content: string
    /** Media type, default application/octet-stream. */
    content_type?: string
    /** Set it to show the file inside the HTML as cid:… */
    content_id?: string
  }[]
}

export interface InboxWaitInput {
  /** Part of the sender’s address. */
  from?: string
  /** Part of the subject. */
  subject?: string
  /** Only in this thread: wait for a reply. */
  thread_id?: string
  /** Only mail that arrived from then on. Default: one minute ago. */
  since?: string
  /** Seconds to wait at most, default 30. */
  timeout?: number
}

export interface ThreadListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface MessageSearchInput {
  /** Words; "quoted phrases", or, and -without work as in a web search. */
  query: string
  /** Id of the inbox, or its address. */
  inbox_id?: string
  /** Where to look. Default: everywhere. */
  fields?: ('subject' | 'from' | 'body')[]
  /** From this date or time on. */
  date_from?: string
  /** Up to this time, or to the end of this date. */
  date_to?: string
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface DomainCreateInput {
  /** Such as example.com or agents.example.com. */
  name: string
}

export interface DomainListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface SuppressionListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  reason?: 'hard_bounce' | 'complaint' | 'unsubscribe' | 'manual'
}

export interface SuppressionCreateInput {
  email: string
  /** A note of yours. */
  evidence?: string
}

export interface WebhookCreateInput {
  name?: string
  /** http or https, on the public internet. */
  url: string
  /** Event types, or "*" for all, those to come included. */
  events: ('*' | 'message.received' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled')[]
  /** Whose words and signature it gets. Default pennypost: Standard Webhooks. */
  dialect?: 'pennypost' | 'mailboxkit'
}

export interface WebhookListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WebhookUpdateInput {
  name?: string
  /** http or https, on the public internet. */
  url?: string
  /** Event types, or "*" for all, those to come included. */
  events?: ('*' | 'message.received' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled')[]
  /** false: nothing is sent, and what was waiting has failed; replay brings it back. true: starts afresh. */
  enabled?: boolean
}

export interface WebhookAttemptListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WebhookDeliveryListInput {
  status?: 'pending' | 'delivered' | 'failed'
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WebhookReplayInput {
  /** Deliveries recorded from then on. */
  since: string
  /** And before this moment. Default now. */
  until?: string
}

export interface EventListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  type?: 'message.received' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled'
  /** Only later ones. */
  created_after?: string
  /** Only earlier ones. */
  created_before?: string
}

/** What the server refuses with, by name. */
export type RefusalCode =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'no_such_route'
  | 'invalid_input'
  | 'invalid_json'
  | 'unsupported_media_type'
  | 'too_large'
  | 'insufficient_balance'
  | 'rate_limited'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'idempotency_in_flight'
  | 'address_taken'
  | 'domain_not_yours'
  | 'domain_taken'
  | 'domain_not_verified'
  | 'domain_in_use'
  | 'already_exists'
  | 'url_refused'
  | 'not_cancellable'
  | 'live_only'
  | 'test_only'
  | 'held_limit'
  | 'payments_off'
  | 'unavailable'
  | 'internal'

/** What a webhook can tell of. */
export type EventType =
  | 'message.received'
  | 'message.queued'
  | 'message.sent'
  | 'message.delivered'
  | 'message.deferred'
  | 'message.bounced'
  | 'message.rejected'
  | 'message.complained'
  | 'message.opened'
  | 'message.held'
  | 'message.approved'
  | 'inbox.created'
  | 'inbox.deleted'
  | 'domain.verified'
  | 'domain.failed'
  | 'organization.claimed'
  | 'wallet.topped_up'
  | 'wallet.refunded'
  | 'order.created'
  | 'order.paid'
  | 'order.production_started'
  | 'order.mailed'
  | 'order.completed'
  | 'order.cancelled'
  | 'piece.created'
  | 'piece.rendered'
  | 'piece.printed'
  | 'piece.mailed'
  | 'piece.in_transit'
  | 'piece.in_local_area'
  | 'piece.processed_for_delivery'
  | 'piece.delivered'
  | 'piece.re_routed'
  | 'piece.returned'
  | 'piece.failed'
  | 'piece.cancelled'
  | 'qr.scanned'
  | 'webhook.test'
  | 'webhook.disabled'
