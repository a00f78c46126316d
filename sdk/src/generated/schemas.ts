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
  /** What is sent, printed or bought with it waits for approval. */
  hold: boolean
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
  /** What it sends waits for approval. */
  hold: boolean
  /** Most mails accepted from it per UTC day and mode. */
  daily_cap: number | null
  /** Most answers it gives in one thread within an hour, so that machines do not answer each other for ever. */
  reply_cap: number | null
  created_at: string
}

export interface InboxRule {
  id: string
  inbox_id: string
  direction: 'receive' | 'send'
  kind: 'allow' | 'block'
  pattern: string
  created_at: string
}

export interface Message {
  id: string
  inbox_id: string
  thread_id: string
  livemode: boolean
  /** inbound or outbound. */
  direction: string
  /** received or blocked; or queued, sent, delivered, bounced, rejected, held. */
  status: string
  /** Message-ID (RFC 5322 §3.6.4), with angle brackets. */
  message_id: string
  in_reply_to: string | null
  references: string[]
  from_email: string
  from_name: string | null
  /** Where answers go; empty: to From. */
  reply_to: string[]
  to: string[]
  cc: string[]
  bcc: string[]
  subject: string
  text: string | null
  html: string | null
  /** What is new in it, as plain text: a reply without older mail and signature; anything else, forwards too, whole. Of HTML: a line per row of a table with tabs between its cells, and nothing that a person cannot see. */
  extracted_text: string | null
  /** Inbound: every header, repeated ones joined by a newline. Outbound: the ones you set. */
  headers: Record<string, string>
  attachments: Attachment[]
  /** Inbound: SPF, DKIM, DMARC verdicts on the sender, and trust in one word. */
  authentication: {
    spf: {
      /** pass, fail, none, neutral, softfail, policy, temperror or permerror (RFC 8601 §2.7). */
      result: string
      /** That of the return path, or the client’s name when that is empty. */
      domain: string
    }
    /** One for each signature. */
    dkim: {
      /** pass, fail, none, neutral, softfail, policy, temperror or permerror (RFC 8601 §2.7). */
      result: string
      domain: string
      selector: string
      /** Signed by the domain in From, or its organization. */
      aligned: boolean
    }[]
    dmarc: {
      /** pass, fail, none, neutral, softfail, policy, temperror or permerror (RFC 8601 §2.7). */
      result: string
      /** What the domain asks for when it fails: none, quarantine, reject; null without a record. */
      policy: string | null
      aligned: boolean
    }
    arc?: {
      /** pass, fail, none, neutral, softfail, policy, temperror or permerror (RFC 8601 §2.7). */
      result: string
      domain: string | null
    }
    /** Is it from who From says? pass: proven. fail: disproven, or From cannot be judged. none: nobody can tell. */
    trust: 'pass' | 'fail' | 'none'
  } | null
  /** True when a machine wrote it, by its header (RFC 3834), its subject ("Automatic reply: …" in 40 languages) or its sender (no-reply@): never answer it automatically. */
  automatic: boolean
  /** What was wrong with an inbound mail, in sentences; all of it that could be read is shown, and its source has the rest. */
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

export interface Approval {
  /** That of what is held. */
  id: string
  /** What is held. */
  kind: 'message' | 'piece' | 'order'
  /** withdrawn: it was cancelled before anybody decided. */
  state: 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn'
  /** When it is rejected by itself. */
  expires_at: string
  /** Of the exact content; give it when you approve, and nothing else can be approved. */
  content_sha256: string
  /** What it has cost, or will when it is approved, in 1/1000 USD. */
  cost_mills: number
  message: Message | null
  piece: Piece | null
  order: Order | null
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
  /** false: made with a test key; it counts in test mode only. true: it counts in both. */
  livemode: boolean
  email: string
  /** hard_bounce, complaint, unsubscribe, manual */
  reason: string
  /** The SMTP reply or report that caused it, or your note. */
  evidence: string | null
  created_at: string
}

export interface Order {
  id: string
  livemode: boolean
  status: 'draft' | 'quoted' | 'held' | 'paid' | 'in_production' | 'mailed' | 'completed' | 'cancelled'
  campaign_type: 'handwritten' | 'printed' | 'handwritten_letter' | 'letter'
  kind: 'postcard' | 'letter'
  size: string
  /** The most pieces you want; you pay for those in your list. */
  quantity: number
  /** Recipients in the list. */
  recipient_count: number
  message: string | null
  design: string | null
  /** What is on the pieces, as far as it is decided. */
  creative: unknown
  sender_name: string | null
  return_address: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  } | null
  /** Where the QR code of each piece leads. */
  qr_url: string | null
  metadata: Record<string, string>
  drops: {
    /** null until checkout makes it. */
    id: string | null
    /** The day it goes to the post office. */
    mail_date: string
    /** null: what the others leave. */
    quantity: number | null
    /** planned, then scheduled, locked, production_started, mailed; or cancelled. */
    status: string
    carrier: string | null
    /** Until then its pieces can be cancelled. */
    locks_at: string | null
    mailed_at: string | null
  }[]
  quote: {
    pieces: number
    production_mills: number
    postage_mills: number
    /** Production and postage, in 1/1000 USD. */
    total_mills: number
    lines: {
      destination: 'US' | 'abroad'
      pieces: number
      production_mills_each: number
      postage_mills_each: number
    }[]
  } | null
  payment: {
    /** reserved: set aside; captured: production has taken its part; released: all of it went back. */
    status: 'unpaid' | 'reserved' | 'captured' | 'released'
    /** credit or card. */
    method: string | null
    /** Where a human pays by card; until then the order stays quoted. */
    checkout_url: string | null
    /** What was set aside at checkout; the sum of the next three. */
    reserved_mills: number
    held_mills: number
    captured_mills: number
    released_mills: number
    paid_at: string | null
  }
  cancelled_at: string | null
  created_at: string
  updated_at: string
}

export interface OrderRecipient {
  row: number
  accepted: boolean
  to: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  } | null
  address_status: string | null
  merge_variables: Record<string, string>
  /** What was written where it was corrected or rejected. */
  given: Record<string, string> | null
  reasons: {
    code: 'missing' | 'invalid' | 'too_long' | 'duplicate' | 'unprintable' | 'unreadable' | 'not_a_recipient'
    /** A field of the address; null when it is about the row. */
    field: string | null
    message: string
  }[]
}

export interface OrderTracking {
  piece_id: string
  order_id: string | null
  status: string
  delivered_confidence: string | null
  imb: string | null
  /** Mailed, and never scanned. That is common, and no proof that it was lost. */
  no_scans: boolean
  /** Mailed, not delivered, and nothing heard for seven days. */
  stalled: boolean
  /** What it reached, and when. */
  timeline: {
    status: string
    at: string
  }[]
  scans: {
    /** Local time of the facility, for scans of the Postal Service carry no zone. */
    at: string
    /** What it speaks for, if anything. */
    status: string | null
    /** False when the piece was further already. */
    applied: boolean
    /** usps, simulated or lob. */
    source: string
    /** Operation code, or the vendor’s event. */
    code: string | null
    /** mailPhase in the words of the Postal Service. */
    phase: string | null
    facility: string | null
    city: string | null
    state: string | null
    zip: string | null
  }[]
}

export interface Piece {
  id: string
  livemode: boolean
  /** postcard or letter. */
  kind: string
  size: string
  status: 'held' | 'created' | 'rendered' | 'queued' | 'printed' | 'mailed' | 'in_transit' | 'in_local_area' | 'processed_for_delivery' | 're_routed' | 'delivered' | 'returned' | 'failed' | 'cancelled'
  order_id: string | null
  /** The batch it is printed with. */
  drop_id: string
  /** The earliest day you asked for. */
  send_date: string | null
  /** The day it goes to the post office. */
  mail_date: string
  /** When its drop locks. */
  cancellable_until: string
  to: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  from: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  /** well_formed, corrected, verified (a provider says so), undeliverable, or unverified (abroad). */
  address_status: string
  /** What you wrote in the fields of "to" that were corrected. */
  address_given: Record<string, string> | null
  /** What is on it; null when it prints its order’s. */
  creative: unknown | null
  merge_variables: Record<string, unknown>
  metadata: Record<string, string>
  /** Postage included, in 1/1000 USD. */
  price_mills: number
  postage_mills: number
  /** The 20 tracking digits of its Intelligent Mail barcode. */
  imb: string | null
  /** Where its QR code leads. */
  qr_url: string | null
  /** What its QR code says. */
  short_url: string | null
  /** Who prints it; known once its drop locks. */
  carrier: string | null
  /** actual or assumed (scans), logical (the carrier’s satellite position), reported (by the printer); null until delivered. */
  delivered_confidence: string | null
  failure: {
    code: string
    message: string
  } | null
  warnings: string[]
  proof: {
    /** The print file; signed, valid for 30 days. */
    pdf_url: string
    /** PNG of each page, cut at the trim. */
    thumbnails: {
      small: string
      medium: string
      large: string
    }[]
  }
  /** When it reached each status. */
  reached: Record<string, string>
  created_at: string
  updated_at: string
}

export interface Webhook {
  id: string
  /** Of the key that made it: it gets the events of this mode only. */
  livemode: boolean
  name: string
  url: string
  /** Event types, or "*" for all. */
  events: string[]
  /** Those of the key that made it, or set its URL or events last. It gets only events whose scope is among them. */
  scopes: string[]
  /** That key. */
  key_id: string | null
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
  /** Of two events of one thing the larger happened later; the numbers between are not counted. */
  sequence: number
  /** The thing it happened to, as it was then. The bodies of a mail are gone when the mail was deleted. */
  data: unknown
}

export interface Account {
  /** Id of the organization. */
  id: string
  name: string
  /** Of the owner. */
  email: string
  /** Mode of the key that asks. */
  livemode: boolean
  /** Credit of this mode, in 1/1000 USD. */
  balance_mills: number
  balance: string
  /** unmetered: this server charges nothing. */
  plan: 'prepaid' | 'unmetered'
  created_at: string
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

export interface Carrier {
  data: {
    name: string
    /** Whether pieces made with this key go there. */
    active: boolean
    title: string
    sizes: string[]
    countries: 'all' | string[]
    qr_per_piece: boolean
    /** ours or theirs: whose Intelligent Mail barcode is on the paper. */
    barcode: string
    reports: string[]
    reports_by: string
    idempotent: boolean
    cancel_after_lock: boolean
    reprints: boolean
    test_tracking: boolean
    pieces_per_job: number
  }[]
}

export interface TestClock {
  /** The time in your sandbox. */
  now: string
  /** How far it is ahead of the world. */
  ahead_seconds: number
  /** How many times faster than the world it runs. */
  speed: number
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
  /** What is sent, printed or bought with it waits for approval. */
  hold: boolean
  expires_at: string | null
  last_used_at: string | null
  created_at: string
  /** The key itself, shown only now. */
  key: string
}

export interface WalletTopup {
  id: string
  /** Where a human pays. */
  url: string
}

export interface CreatedOrder {
  id: string
  livemode: boolean
  status: 'draft' | 'quoted' | 'held' | 'paid' | 'in_production' | 'mailed' | 'completed' | 'cancelled'
  campaign_type: 'handwritten' | 'printed' | 'handwritten_letter' | 'letter'
  kind: 'postcard' | 'letter'
  size: string
  /** The most pieces you want; you pay for those in your list. */
  quantity: number
  /** Recipients in the list. */
  recipient_count: number
  message: string | null
  design: string | null
  /** What is on the pieces, as far as it is decided. */
  creative: unknown
  sender_name: string | null
  return_address: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  } | null
  /** Where the QR code of each piece leads. */
  qr_url: string | null
  metadata: Record<string, string>
  drops: {
    /** null until checkout makes it. */
    id: string | null
    /** The day it goes to the post office. */
    mail_date: string
    /** null: what the others leave. */
    quantity: number | null
    /** planned, then scheduled, locked, production_started, mailed; or cancelled. */
    status: string
    carrier: string | null
    /** Until then its pieces can be cancelled. */
    locks_at: string | null
    mailed_at: string | null
  }[]
  quote: {
    pieces: number
    production_mills: number
    postage_mills: number
    /** Production and postage, in 1/1000 USD. */
    total_mills: number
    lines: {
      destination: 'US' | 'abroad'
      pieces: number
      production_mills_each: number
      postage_mills_each: number
    }[]
  } | null
  payment: {
    /** reserved: set aside; captured: production has taken its part; released: all of it went back. */
    status: 'unpaid' | 'reserved' | 'captured' | 'released'
    /** credit or card. */
    method: string | null
    /** Where a human pays by card; until then the order stays quoted. */
    checkout_url: string | null
    /** What was set aside at checkout; the sum of the next three. */
    reserved_mills: number
    held_mills: number
    captured_mills: number
    released_mills: number
    paid_at: string | null
  }
  cancelled_at: string | null
  created_at: string
  updated_at: string
  /** How the list was read; the first recipient is row 2. */
  recipients?: {
    order_id: string
    /** true: nothing was stored. */
    dry_run: boolean
    format: {
      type: 'csv' | 'xlsx'
      encoding: string | null
      delimiter: string | null
    }
    /** The sheet that was read, of a workbook. */
    sheet: string | null
    /** The row of the headings; titles above it are skipped. */
    heading_row: number
    columns: {
      heading: string
      /** What it was taken for; null: a merge field only. */
      field: 'name' | 'first_name' | 'middle_name' | 'last_name' | 'name_prefix' | 'name_suffix' | 'company' | 'line1' | 'line2' | 'line3' | 'house_number' | 'po_box' | 'city' | 'state' | 'zip' | 'zip4' | 'country' | 'city_state_zip' | 'full_address' | null
      /** What {{…}} in a message calls it. */
      merge_field: string | null
    }[]
    rows: number
    accepted: number
    rejected: number
    /** How often each reason was met. */
    reasons: Record<string, number>
    /** How many rows were corrected, by kind: zip_zeros, name_split, place_split … (see the guide to lists). */
    corrections: Record<string, number>
    /** ZIP codes that had lost their leading zeros in a spreadsheet. */
    zips_mended: number
    /** The first rows, one of each kind of correction, and the longest. */
    samples: {
      row: number
      /** Why it is shown. */
      why: string
      /** The address as it will be printed; empty when it cannot be. */
      lines: string[]
      /** Why the address cannot be printed. */
      problem: string | null
      /** Fields that were corrected, as they were written. */
      corrected: Record<string, string>
      /** What {{…}} in a message stands for. */
      merge_variables: Record<string, string>
    }[]
    /** What was taken, but may not be what you want. */
    warnings: {
      /** null: about the list. */
      row: number | null
      message: string
    }[]
    /** The first 500. */
    rejected_rows: {
      /** As the spreadsheet numbers it; the headings are row 1, or below the titles. */
      row: number
      /** The address as it was written. */
      given: Record<string, string>
      reasons: {
        code: 'missing' | 'invalid' | 'too_long' | 'duplicate' | 'unprintable' | 'unreadable' | 'not_a_recipient'
        /** A field of the address; null when it is about the row. */
        field: string | null
        message: string
      }[]
    }[]
  }
}

export interface CreatedOrderRecipient {
  order_id: string
  /** true: nothing was stored. */
  dry_run: boolean
  format: {
    type: 'csv' | 'xlsx'
    encoding: string | null
    delimiter: string | null
  }
  /** The sheet that was read, of a workbook. */
  sheet: string | null
  /** The row of the headings; titles above it are skipped. */
  heading_row: number
  columns: {
    heading: string
    /** What it was taken for; null: a merge field only. */
    field: 'name' | 'first_name' | 'middle_name' | 'last_name' | 'name_prefix' | 'name_suffix' | 'company' | 'line1' | 'line2' | 'line3' | 'house_number' | 'po_box' | 'city' | 'state' | 'zip' | 'zip4' | 'country' | 'city_state_zip' | 'full_address' | null
    /** What {{…}} in a message calls it. */
    merge_field: string | null
  }[]
  rows: number
  accepted: number
  rejected: number
  /** How often each reason was met. */
  reasons: Record<string, number>
  /** How many rows were corrected, by kind: zip_zeros, name_split, place_split … (see the guide to lists). */
  corrections: Record<string, number>
  /** ZIP codes that had lost their leading zeros in a spreadsheet. */
  zips_mended: number
  /** The first rows, one of each kind of correction, and the longest. */
  samples: {
    row: number
    /** Why it is shown. */
    why: string
    /** The address as it will be printed; empty when it cannot be. */
    lines: string[]
    /** Why the address cannot be printed. */
    problem: string | null
    /** Fields that were corrected, as they were written. */
    corrected: Record<string, string>
    /** What {{…}} in a message stands for. */
    merge_variables: Record<string, string>
  }[]
  /** What was taken, but may not be what you want. */
  warnings: {
    /** null: about the list. */
    row: number | null
    message: string
  }[]
  /** The first 500. */
  rejected_rows: {
    /** As the spreadsheet numbers it; the headings are row 1, or below the titles. */
    row: number
    /** The address as it was written. */
    given: Record<string, string>
    reasons: {
      code: 'missing' | 'invalid' | 'too_long' | 'duplicate' | 'unprintable' | 'unreadable' | 'not_a_recipient'
      /** A field of the address; null when it is about the row. */
      field: string | null
      message: string
    }[]
  }[]
}

export interface CreatedWebhook {
  id: string
  /** Of the key that made it: it gets the events of this mode only. */
  livemode: boolean
  name: string
  url: string
  /** Event types, or "*" for all. */
  events: string[]
  /** Those of the key that made it, or set its URL or events last. It gets only events whose scope is among them. */
  scopes: string[]
  /** That key. */
  key_id: string | null
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
  /** Webhooks which that key set up. They go on, so that keys can be rotated; delete those that are not yours. */
  webhooks: string[]
}

export interface DeletedInbox {
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

export interface InboxWaitResult {
  /** The oldest mail that fits. null: nothing came in time; call again. */
  message: Message | null
  /** `after` of the next call: the id of this mail, or what you gave. */
  after: string | null
  /** One-time codes found in it, likeliest first, as they are to be typed: "482 913" is 482913, "G-482913" too. A guess: from a confidence of 0.8 on there is hardly a doubt. */
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

export interface MessageOpensResult {
  opens: number
  first_opened_at: string | null
  last_opened_at: string | null
}

export type ApprovalApproveResult = Message | Piece | Order

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

export interface OrderQuoteResult {
  /** true: the order is quoted and can be paid. false: see problems. */
  ready: boolean
  order: Order
  preflight: {
    /** Recipients whose piece was laid out. */
    checked: number
    problem_count: number
    /** Recipients left out because of skip_unprintable. */
    skipped: number
    /** The first 100. */
    problems: {
      /** As the spreadsheet numbers it; null: of the order itself. */
      row: number | null
      code: string
      field: string
      message: string
    }[]
    warnings: string[]
  }
  /** Up to five rows to look at before paying: the most text, the longest line, the most corrected, the strangest. */
  look_at: {
    /** As the spreadsheet numbers it. */
    row: number
    /** What is remarkable about it. */
    why: string[]
    /** GET with your key: PDF, PNG or JSON by format or Accept. */
    preview_url: string
    /** The print file; signed, valid for a week, for whoever has the link. */
    pdf_url: string
    /** PNG of each page of a card, of the first of a letter. */
    pages: {
      page: number
      small: string
      medium: string
      large: string
    }[]
  }[]
}

export interface OrderPreviewResult {
  order_id: string
  /** As the spreadsheet numbers it. */
  row: number
  /** The address as it is printed. */
  lines: string[]
  merge_variables: Record<string, string>
  warnings: string[]
  /** The print file; signed, valid for a week. */
  pdf_url: string
  /** PNG of each page, cut at the trim. */
  pages: {
    page: number
    small: string
    medium: string
    large: string
  }[]
}

export interface OrderAnalyticsResult {
  order_id: string
  pieces: number
  by_status: Record<string, number>
  /** Handed to the post office, whatever became of it. */
  mailed: number
  delivered: number
  returned: number
  /** Mailed in the last 14 days and not yet known to have arrived. */
  in_flight: number
  /** Mailed longer ago, and nothing was heard of its end. Many of them arrived: not all mail is scanned. */
  unknown: number
  /** delivered ÷ (mailed − in_flight), from 0 to 1; null while there is nothing to divide. */
  delivery_rate: number | null
  /** returned ÷ (mailed − in_flight). */
  return_rate: number | null
  /** unknown ÷ (mailed − in_flight). */
  unknown_rate: number | null
  qr: {
    /** Visits of people; robots and previews are not counted. */
    scans: number
    /** Devices, each once a day and piece. */
    unique_scans: number
    pieces_scanned: number
    first_scan_at: string | null
    last_scan_at: string | null
  }
  /** Recipients who answered: the first scan of each piece. */
  responses: number
  /** responses ÷ mailed. */
  response_rate: number | null
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
  dialect?: 'pennypost' | 'mailboxkit' | 'mailbots' | 'mailstream' | 'mailbindr' | 'maildrone'
}

export interface ApiKeyCreateInput {
  name: string
  /** test cuts the world off: nothing leaves, nothing is charged. Default: that of the key that makes it. */
  mode?: 'live' | 'test'
  /** Whose client will use it; decides the prefix. */
  dialect?: 'pennypost' | 'mailboxkit' | 'mailbots' | 'mailstream' | 'mailbindr' | 'maildrone'
  /** What it may do. Default: everything the key that makes it may. */
  scopes?: ('account.read' | 'account.manage' | 'inboxes.read' | 'inboxes.manage' | 'messages.read' | 'messages.send' | 'messages.approve' | 'domains.read' | 'domains.manage' | 'suppressions.manage' | 'webhooks.manage' | 'events.read' | 'orders.create' | 'orders.read' | 'orders.update' | 'orders.delete')[]
  /** What it sends, prints or buys waits for approval. It can approve nothing, and make and revoke no keys but itself. */
  hold?: boolean
  /** From then on it is refused. */
  expires_at?: string
}

export interface ApiKeyListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  /** Skip so many; instead of a cursor. */
  offset?: number
}

export interface WalletEntryListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface WalletTopupCreateInput {
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

export interface InboxUpdateInput {
  name?: string
  /** What it sends waits for approval. Needs the scope messages.approve too. */
  hold?: boolean
  /** Most mails accepted from it per UTC day; null for no limit. Needs the scope messages.approve too. */
  daily_cap?: number | null
  /** Most answers it gives in one thread within an hour, 30 at first; null for no limit. Needs the scope messages.approve too. */
  reply_cap?: number | null
}

export interface InboxRuleCreateInput {
  /** Who may write to it, or whom it may write to. Send rules need the scope messages.approve too. */
  direction: 'receive' | 'send'
  kind: 'allow' | 'block'
  /** An address, or a domain. Blocking a domain blocks its subdomains too. */
  pattern: string
}

export interface InboxRuleListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  direction?: 'receive' | 'send'
}

export interface MessageCreateInput {
  /** One address or a list; "Name <a@b.c>" works too. */
  to: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  cc?: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  bcc?: string | string[]
  /** One address or a list; "Name <a@b.c>" works too. */
  reply_to?: string | string[]
  subject: string
  /** Plain text body. */
  text?: string
  /** HTML body. */
  html?: string
  /** Further headers, such as X-Campaign. */
  headers?: Record<string, string>
  /** Put a pixel into the HTML; when it is first loaded there is an event message.opened. if_subscribed: when a webhook of yours names that event. */
  track_opens?: boolean | 'if_subscribed'
  /** No person asked for this mail: it says so to other machines (Auto-Submitted, RFC 3834), and they do not answer it. Default false. */
  automatic?: boolean
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
  /** Skip so many; instead of a cursor. */
  offset?: number
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
  /** Put a pixel into the HTML; when it is first loaded there is an event message.opened. if_subscribed: when a webhook of yours names that event. */
  track_opens?: boolean | 'if_subscribed'
  /** No person asked for this mail: it says so to other machines (Auto-Submitted, RFC 3834), and they do not answer it. Default false. */
  automatic?: boolean
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
  /** Id of a message: only mail that was filed after it. Give that of the mail you were answered with, or that you sent, and no mail is answered twice and none is left out. */
  after?: string
  /** Only mail that arrived from then on. Default: one minute ago, or without bound when `after` is given. */
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
  /** Words, or their beginning (three letters or more), without case and accents, in singular or plural; an address, a domain or a file name; "quoted phrases", or, and -without work as in a web search. */
  query: string
  /** Id of the inbox, or its address. */
  inbox_id?: string
  /** Where to look; attachments: the names of files. Default: everywhere. */
  fields?: ('subject' | 'from' | 'attachments' | 'body')[]
  /** From this date or time on. */
  date_from?: string
  /** Up to this time, or to the end of this date. */
  date_to?: string
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface ApprovalListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  /** Default pending. */
  state?: 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn'
  kind?: 'message' | 'piece' | 'order'
}

export interface ApprovalApproveInput {
  /** content_sha256 of what you have read. */
  content_sha256?: string
}

export interface ApprovalRejectInput {
  /** content_sha256 of what you have read. */
  content_sha256?: string
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

export interface OrderCreateInput {
  quantity: number
  /** handwritten: A postcard with the message written by hand. printed: A postcard from HTML, a PDF or pictures. handwritten_letter: A letter written by hand. letter: A letter from HTML or a PDF. */
  campaign_type?: 'handwritten' | 'printed' | 'handwritten_letter' | 'letter'
  /** Inches, or us_letter. Default 4x6 or us_letter. */
  size?: '4x6' | '6x9' | '6x11' | 'us_letter'
  /** Who it is from; {{sender_name}} in the message. */
  sender_name?: string
  /** Without a name it bears the sender’s. */
  return_address?: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  /** Each piece bears a QR code of its own that leads here; scans are counted. null: none. */
  qr_url?: string | null
  /** Words beside the code. */
  qr_caption?: string
  /** Batches by date. Default: one, on the next day. */
  drops?: {
    mail_date: string
    /** Left out: what the others leave. */
    quantity?: number
  }[]
  /** Your own words about it: up to 20 pairs, keys up to 40 characters, values up to 500. Lists filter by them. */
  metadata?: Record<string, string>
  /** true: print what looks like a merge field of another product ({first_name}, %NAME%, [First Name] …), a template id or a link as it stands. Without it such text is refused. */
  confirm_literal?: boolean
  /** The picture side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  front?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** A front of the catalogue. */
    design?: 'sprig' | 'hills' | 'confetti' | 'frame'
    /** Replaces the words of the design. */
    headline?: string
    /** One page, bleed included. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** The address side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  back?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** Written by hand. Merge fields: {{first_name}}. */
    message?: string
    /** Whose hand. Default caveat. */
    pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
    /** Default blue-black. */
    ink?: 'blue-black' | 'blue' | 'black'
    /** One page, bleed included; the address zone stays white. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included; the address zone stays white. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** Written by hand. Merge fields: {{first_name}}. */
  message?: string
  /** Whose hand. Default caveat. */
  pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
  /** Default blue-black. */
  ink?: 'blue-black' | 'blue' | 'black'
  /** A front of the catalogue. */
  design?: 'sprig' | 'hills' | 'confetti' | 'frame'
  /** Replaces the words of the design. */
  headline?: string
  /** The address side of a printed postcard, or the letter. */
  html?: string
  /** Base64, or a file in multipart/form-data: US letter pages. */
  pdf?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** The letter in any form: HTML, a link to a PDF (https://…), base64, or a file in multipart/form-data. */
  file?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** PDF only: whether its first page leaves room for the addresses, or they go on a sheet in front. */
  address_page?: 'first_page' | 'cover_page'
  /** Default true. */
  double_sided?: boolean
  /** The list itself, up to 5000 recipients in a request of 1 MB; longer ones are uploaded to /orders/:order_id/recipients. */
  recipients?: (Record<string, string | number | boolean | null | Record<string, string | number | boolean | null>>)[]
}

export interface OrderListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  /** Skip so many; instead of a cursor. */
  offset?: number
  status?: 'draft' | 'quoted' | 'held' | 'paid' | 'in_production' | 'mailed' | 'completed' | 'cancelled'
  /** metadata[key]=value; all pairs must match. */
  metadata?: Record<string, string>
  /** Only later ones. */
  created_after?: string
  /** Only earlier ones. */
  created_before?: string
}

export interface OrderUpdateInput {
  quantity?: number
  /** cancelled: as DELETE does. */
  status?: 'cancelled'
  /** Inches, or us_letter. Default 4x6 or us_letter. */
  size?: '4x6' | '6x9' | '6x11' | 'us_letter'
  /** Who it is from; {{sender_name}} in the message. */
  sender_name?: string
  /** Without a name it bears the sender’s. */
  return_address?: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  /** Each piece bears a QR code of its own that leads here; scans are counted. null: none. */
  qr_url?: string | null
  /** Words beside the code. */
  qr_caption?: string
  /** Batches by date. Default: one, on the next day. */
  drops?: {
    mail_date: string
    /** Left out: what the others leave. */
    quantity?: number
  }[]
  /** Your own words about it: up to 20 pairs, keys up to 40 characters, values up to 500. Lists filter by them. */
  metadata?: Record<string, string>
  /** true: print what looks like a merge field of another product ({first_name}, %NAME%, [First Name] …), a template id or a link as it stands. Without it such text is refused. */
  confirm_literal?: boolean
  /** The picture side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  front?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** A front of the catalogue. */
    design?: 'sprig' | 'hills' | 'confetti' | 'frame'
    /** Replaces the words of the design. */
    headline?: string
    /** One page, bleed included. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** The address side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  back?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** Written by hand. Merge fields: {{first_name}}. */
    message?: string
    /** Whose hand. Default caveat. */
    pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
    /** Default blue-black. */
    ink?: 'blue-black' | 'blue' | 'black'
    /** One page, bleed included; the address zone stays white. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included; the address zone stays white. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** Written by hand. Merge fields: {{first_name}}. */
  message?: string
  /** Whose hand. Default caveat. */
  pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
  /** Default blue-black. */
  ink?: 'blue-black' | 'blue' | 'black'
  /** A front of the catalogue. */
  design?: 'sprig' | 'hills' | 'confetti' | 'frame'
  /** Replaces the words of the design. */
  headline?: string
  /** The address side of a printed postcard, or the letter. */
  html?: string
  /** Base64, or a file in multipart/form-data: US letter pages. */
  pdf?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** The letter in any form: HTML, a link to a PDF (https://…), base64, or a file in multipart/form-data. */
  file?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** PDF only: whether its first page leaves room for the addresses, or they go on a sheet in front. */
  address_page?: 'first_page' | 'cover_page'
  /** Default true. */
  double_sided?: boolean
}

export interface OrderRecipientCreateInput {
  file?: {
    /** Base64; in multipart/form-data the file itself. */
    content: string
    filename?: string
    content_type?: string
  }
  /** A short list as CSV text, instead of a file. */
  csv?: string
  /** Which column is what, where its heading does not tell: field → heading; null: no column is that. As JSON text in a form: mapping={"name":"Who","zip":"PLZ"}. A refusal gives the guess to begin with. */
  mapping?: {
    name?: string | null
    first_name?: string | null
    middle_name?: string | null
    last_name?: string | null
    name_prefix?: string | null
    name_suffix?: string | null
    company?: string | null
    line1?: string | null
    line2?: string | null
    line3?: string | null
    house_number?: string | null
    po_box?: string | null
    city?: string | null
    state?: string | null
    zip?: string | null
    zip4?: string | null
    country?: string | null
    city_state_zip?: string | null
    full_address?: string | null
  } | string
  /** Which rows are one recipient. person (default): the same name at the same address; household: the same address; none: every row gets a piece. */
  dedupe?: 'person' | 'household' | 'none'
  /** The sheet of a workbook by name or number. Default: the first that has the headings. */
  sheet?: string
  /** Check the list and store nothing. */
  dry_run?: boolean | 'true' | 'false'
}

export interface OrderRecipientListInput {
  accepted?: boolean
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
}

export interface OrderQuoteInput {
  /** Leave out the recipients whose piece cannot be printed, instead of refusing all. */
  skip_unprintable?: boolean
}

export interface OrderPreviewInput {
  /** As the spreadsheet numbers it. Default: the first that was taken. */
  row?: number
  /** pdf: all pages; png: one; json: links to both. Default: what Accept asks for, else pdf. */
  format?: 'pdf' | 'png' | 'json'
  /** Of a png: 1 is the front of a card, 2 its back. Default 1. */
  page?: number
  /** Of a png: 320, 640 or 1280 pixels wide. Default large. */
  size?: 'small' | 'medium' | 'large'
}

export interface OrderCheckoutInput {
  /** card: the answer has a link where a human pays; the order is paid when that is done. Default credit. */
  payment?: 'credit' | 'card'
  /** Leave out the recipients whose piece cannot be printed, instead of refusing all. */
  skip_unprintable?: boolean
}

export interface OrderTrackingListInput {
  status?: 'held' | 'created' | 'rendered' | 'queued' | 'printed' | 'mailed' | 'in_transit' | 'in_local_area' | 'processed_for_delivery' | 're_routed' | 'delivered' | 'returned' | 'failed' | 'cancelled'
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  /** Skip so many; instead of a cursor. */
  offset?: number
}

export interface PostcardCreateInput {
  to: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  from: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  /** Values of the merge fields. A field without a value is refused. */
  merge_variables?: Record<string, unknown>
  /** Your own words about it: up to 20 pairs, keys up to 40 characters, values up to 500. Lists filter by them. */
  metadata?: Record<string, string>
  /** The earliest day to mail it, within two years. Default: the next. */
  send_date?: string
  /** Print a QR code of its own that leads here; scans are counted. */
  qr_url?: string
  /** Words beside the code. */
  qr_caption?: string
  /** Inches. Default 4x6. */
  size?: '4x6' | '6x9' | '6x11'
  /** true: print what looks like a merge field of another product ({first_name}, %NAME%, [First Name] …), a template id or a link as it stands. Without it such text is refused. */
  confirm_literal?: boolean
  /** The picture side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  front?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** A front of the catalogue. */
    design?: 'sprig' | 'hills' | 'confetti' | 'frame'
    /** Replaces the words of the design. */
    headline?: string
    /** One page, bleed included. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** The address side. HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object. */
  back?: string | {
    /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
    html?: string
    /** Written by hand. Merge fields: {{first_name}}. */
    message?: string
    /** Whose hand. Default caveat. */
    pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
    /** Default blue-black. */
    ink?: 'blue-black' | 'blue' | 'black'
    /** One page, bleed included; the address zone stays white. */
    pdf?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
    /** PNG or JPEG, bleed included; the address zone stays white. */
    image?: string | {
      /** Base64, or a link to the file (https://…). */
      content: string
      filename?: string
      content_type?: string
    }
  }
  /** Written by hand. Merge fields: {{first_name}}. */
  message?: string
  /** Whose hand. Default caveat. */
  pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
  /** Default blue-black. */
  ink?: 'blue-black' | 'blue' | 'black'
  /** A front of the catalogue. */
  design?: 'sprig' | 'hills' | 'confetti' | 'frame'
  /** Replaces the words of the design. */
  headline?: string
  /** HTML of the address side; the front is the design. */
  html?: string
  /** Base64, or a file in multipart/form-data: page 1 is the front, page 2 the back. */
  pdf?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
}

export interface LetterCreateInput {
  to: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  from: {
    /** Name or company is needed. */
    name?: string
    company?: string
    /** Number and street, or PO box. */
    line1: string
    /** Apartment, suite and the like. */
    line2?: string
    city: string
    /** Two letters or the name; needed in the US. */
    state?: string
    /** ZIP or ZIP+4; postal code abroad. */
    zip?: string
    /** ISO 3166-1 two letters; default US. */
    country?: string
  }
  /** Values of the merge fields. A field without a value is refused. */
  merge_variables?: Record<string, unknown>
  /** Your own words about it: up to 20 pairs, keys up to 40 characters, values up to 500. Lists filter by them. */
  metadata?: Record<string, string>
  /** The earliest day to mail it, within two years. Default: the next. */
  send_date?: string
  /** Print a QR code of its own that leads here; scans are counted. */
  qr_url?: string
  /** Words beside the code. */
  qr_caption?: string
  /** Default us_letter. */
  size?: 'us_letter'
  /** true: print what looks like a merge field of another product ({first_name}, %NAME%, [First Name] …), a template id or a link as it stands. Without it such text is refused. */
  confirm_literal?: boolean
  /** The letter in any form: HTML, a link to a PDF (https://…), base64, or a file in multipart/form-data. */
  file?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched. */
  html?: string
  /** Written by hand. Merge fields: {{first_name}}. */
  message?: string
  /** Whose hand. Default caveat. */
  pen?: 'caveat' | 'kalam' | 'homemade-apple' | 'reenie-beanie' | 'nothing-you-could-do'
  /** Default blue-black. */
  ink?: 'blue-black' | 'blue' | 'black'
  /** Base64, or a file in multipart/form-data: US letter pages. */
  pdf?: string | {
    /** Base64, or a link to the file (https://…). */
    content: string
    filename?: string
    content_type?: string
  }
  /** PDF only: whether its first page leaves room for the addresses, or they go on a sheet in front. */
  address_page?: 'first_page' | 'cover_page'
  /** Default true. */
  double_sided?: boolean
}

export interface PieceListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  status?: 'held' | 'created' | 'rendered' | 'queued' | 'printed' | 'mailed' | 'in_transit' | 'in_local_area' | 'processed_for_delivery' | 're_routed' | 'delivered' | 'returned' | 'failed' | 'cancelled'
  kind?: 'postcard' | 'letter'
  order_id?: string
  /** metadata[key]=value; all pairs must match. */
  metadata?: Record<string, string>
  /** Only later ones. */
  created_after?: string
  /** Only earlier ones. */
  created_before?: string
}

export interface TestClockCreateInput {
  /** So many times faster than the world, until it is set again: 1440 is a day a minute, 1 is as the world. It gains at most three years. */
  speed: number
}

export interface TestClockAdvanceInput {
  days?: number
  seconds?: number
}

export interface WebhookCreateInput {
  name?: string
  /** http or https, on the public internet. */
  url: string
  /** Event types, each of which needs the scope its data needs (docs/events.md), or "*" for all that your key may read, those to come included. */
  events: ('*' | 'message.received' | 'message.blocked' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.held' | 'order.rejected' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.held' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled')[]
  /** Whose words and signature it gets. Default pennypost: Standard Webhooks. */
  dialect?: 'pennypost' | 'mailboxkit' | 'mailbots' | 'mailstream'
}

export interface WebhookListInput {
  /** How many at most (default 20). */
  limit?: number
  /** next_cursor of the page before. */
  cursor?: string
  /** Skip so many; instead of a cursor. */
  offset?: number
}

export interface WebhookUpdateInput {
  name?: string
  /** http or https, on the public internet. */
  url?: string
  /** Event types, each of which needs the scope its data needs (docs/events.md), or "*" for all that your key may read, those to come included. */
  events?: ('*' | 'message.received' | 'message.blocked' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.held' | 'order.rejected' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.held' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled')[]
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
  /** Only of this type. Without it: of every type whose scope the key has. */
  type?: 'message.received' | 'message.blocked' | 'message.queued' | 'message.sent' | 'message.delivered' | 'message.deferred' | 'message.bounced' | 'message.rejected' | 'message.complained' | 'message.opened' | 'message.held' | 'message.approved' | 'inbox.created' | 'inbox.deleted' | 'domain.verified' | 'domain.failed' | 'organization.claimed' | 'wallet.topped_up' | 'wallet.refunded' | 'order.created' | 'order.held' | 'order.rejected' | 'order.paid' | 'order.production_started' | 'order.mailed' | 'order.completed' | 'order.cancelled' | 'piece.held' | 'piece.created' | 'piece.rendered' | 'piece.printed' | 'piece.mailed' | 'piece.in_transit' | 'piece.in_local_area' | 'piece.processed_for_delivery' | 'piece.delivered' | 'piece.re_routed' | 'piece.returned' | 'piece.failed' | 'piece.cancelled' | 'qr.scanned' | 'webhook.test' | 'webhook.disabled'
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
  | 'gone'
  | 'no_such_route'
  | 'invalid_input'
  | 'invalid_json'
  | 'unsupported_media_type'
  | 'invalid_http'
  | 'request_timeout'
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
  | 'content_changed'
  | 'live_only'
  | 'test_only'
  | 'key_under_hold'
  | 'reply_limit'
  | 'automatic_loop'
  | 'held_limit'
  | 'payments_off'
  | 'unavailable'
  | 'internal'

/** What a webhook can tell of. */
export type EventType =
  | 'message.received'
  | 'message.blocked'
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
  | 'order.held'
  | 'order.rejected'
  | 'order.paid'
  | 'order.production_started'
  | 'order.mailed'
  | 'order.completed'
  | 'order.cancelled'
  | 'piece.held'
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
