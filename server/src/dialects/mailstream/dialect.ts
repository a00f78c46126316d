/**
 * MailStream: direct mail in one call. Its document names conventions (Bearer keys, v1, idempotency keys on every POST, cursors, filters,
 * sandbox) and no paths; those conventions are the native API's own, and so are the paths. For keys of this dialect the endpoints below
 * ignore fields we do not know, and webhooks are made in its words; everything else of /v1 answers them as it is.
 */
import { native } from '../../api/native.ts'
import { getEvent } from '../../events/event-log.ts'
import { createLetter } from '../../post/pieces/letters.ts'
import { cancelPiece, getPiece, listPieces } from '../../post/pieces/pieces.ts'
import { createPostcard } from '../../post/pieces/postcards.ts'
import { advanceTestClock, getTestClock, setTestClock } from '../../post/sandbox/test-clock.ts'
import { getPieceTracking } from '../../post/tracking/tracking.ts'
import { type ProblemCode, refusals } from '../../problems.ts'
import { listWebhookAttempts, listWebhookDeliveries, replayWebhookDelivery, testWebhook } from '../../webhooks/attempt-log.ts'
import { createWebhook, deleteWebhook, getWebhook, listWebhooks, rotateWebhookSecret } from '../../webhooks/endpoints.ts'
import { type Dialect, perKey, row } from '../dialect.ts'
import { product } from './product.ts'
import { statements } from './statements.ts'
import * as t from './translate.ts'

/** Its document shows no errors: ours, as they are. */
const errors = Object.fromEntries(Object.entries(refusals).map(([code, { http }]) => [code, [http, code] as const])) as Record<
  ProblemCode,
  readonly [number, string]
>

export const mailstream: Dialect = {
  ...product,
  statements,
  limits: perKey({ name: 'minute', points: 1000, seconds: 60 }),
  errors,
  fail: (refusal, { id, app }) => native.fail(refusal, { id, app }).body,
  rows: [
    row('POST /v1/postcards', createPostcard, { in: t.known(createPostcard), out: t.same, status: 201, multipart: true }),
    row('POST /v1/letters', createLetter, { in: t.known(createLetter), out: t.same, status: 201, multipart: true }),
    row('GET /v1/pieces', listPieces, { in: t.known(listPieces), out: t.same }),
    row('GET /v1/pieces/:piece_id', getPiece, { in: t.known(getPiece), out: t.same }),
    row('POST /v1/pieces/:piece_id/cancel', cancelPiece, { in: t.known(cancelPiece), out: t.same }),
    row('GET /v1/pieces/:piece_id/tracking', getPieceTracking, { in: t.known(getPieceTracking), out: t.same }),
    row('GET /v1/test-clock', getTestClock, { in: t.known(getTestClock), out: t.same }),
    row('POST /v1/test-clock', setTestClock, { in: t.known(setTestClock), out: t.same }),
    row('POST /v1/test-clock/advance', advanceTestClock, { in: t.known(advanceTestClock), out: t.same }),

    row('POST /v1/webhooks', createWebhook, {
      in: request => ({ ...t.known(createWebhook)(request), events: t.eventsIn(request.body), dialect: 'mailstream' }),
      out: t.webhook,
      status: 201,
    }),
    row('GET /v1/webhooks', listWebhooks, { in: t.known(listWebhooks), out: t.webhookPage }),
    row('GET /v1/webhooks/:webhook_id', getWebhook, { in: t.known(getWebhook), out: t.webhook }),
    row('DELETE /v1/webhooks/:webhook_id', deleteWebhook, { in: t.known(deleteWebhook), out: t.same }),
    row('POST /v1/webhooks/:webhook_id/test', testWebhook, { in: t.known(testWebhook), out: t.same }),
    row('POST /v1/webhooks/:webhook_id/rotate', rotateWebhookSecret, { in: t.known(rotateWebhookSecret), out: t.webhook }),
    row('GET /v1/webhooks/:webhook_id/deliveries', listWebhookDeliveries, {
      in: t.known(listWebhookDeliveries),
      out: t.deliveryPage,
    }),
    row('GET /v1/webhooks/:webhook_id/attempts', listWebhookAttempts, { in: t.known(listWebhookAttempts), out: t.deliveryPage }),
    row('GET /v1/events/:event_id', getEvent, { in: t.known(getEvent), out: t.delivery }),
    row('POST /v1/webhooks/:webhook_id/deliveries/:delivery_id/replay', replayWebhookDelivery, {
      in: t.known(replayWebhookDelivery),
      out: t.delivery,
    }),
  ],
}
