/** What a key may be allowed to do. Deny by default: an operation names exactly one, and a key holds a list, or all. */
export const scopes = {
  'account.read': 'See the organization, its balance and its usage',
  'account.manage': 'Make, list and revoke API keys; change the organization',
  'inboxes.read': 'List and get inboxes',
  'inboxes.manage': 'Make and delete inboxes and their rules',
  'messages.read': 'Read, search and wait for messages, threads and attachments',
  'messages.send': 'Send and reply',
  'messages.approve': 'Approve or reject what is held for approval: mail, printed mail, orders',
  'domains.read': 'See domains and what their DNS says',
  'domains.manage': 'Add, verify and remove domains',
  'suppressions.manage': 'List, add and remove suppressed recipients',
  'webhooks.manage': 'Make, list, test and remove webhook endpoints; what one is told needs the scope of the event’s type too',
  'events.read': 'Read the event log, as far as the key has the scopes of the events’ types too',
  'orders.create': 'Create orders and single pieces of printed mail',
  'orders.read': 'Read orders, pieces, tracking and analytics',
  'orders.update': 'Change orders, upload recipients, check out',
  'orders.delete': 'Cancel orders and pieces',
} as const

/** `public` is no scope a key can hold: it marks the few operations that need no key at all. */
export type Scope = keyof typeof scopes | 'public'

/** Stored for a key that may do everything, so that it may also do what is added later. */
export const everyScope = '*'
export const allScopes = Object.keys(scopes) as Exclude<Scope, 'public'>[]

/** A key's scopes as they are stored: all of them as `*`. */
export const storedScopes = (held: ReadonlySet<string>): string[] =>
  allScopes.every(scope => held.has(scope)) ? [everyScope] : [...held]
