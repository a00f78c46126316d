/** `import Pennypost from 'pennypost'` */

export type { NewMessage, NewReply, PennypostOptions } from './client.ts'
export { Pennypost as default, Pennypost } from './client.ts'
export { type ErrorCode, PennypostError } from './error.ts'
export type * from './generated/schemas.ts'
export type { RequestOptions } from './http.ts'
export { List, type Page } from './list.ts'
export { Answered, type ReceivedMessage, type WaitFor } from './waiting.ts'
export { type VerifyOptions, verifyWebhook, type WebhookEvent, type WebhookHeaders } from './webhooks.ts'
