/** /docs: the API to read, on one page without anything from elsewhere; /openapi.json: the same for machines. */
import type { FastifyInstance } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { kindOf } from '../../codegen/docs.ts'
import { events } from '../../events/events.ts'
import type { App } from '../../platform.ts'
import { refusals } from '../../problems.ts'
import { openapi } from '../openapi.ts'
import { v1 } from '../v1.ts'

const html = (text: string) => text.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
const code = (text: string) => `<code>${html(text)}</code>`
const rows = (cells: string[][]) => cells.map(row => `<tr>${row.map(cell => `<td>${cell}</td>`).join('')}</tr>`).join('')

const fields = (schema: TSchema, skip: string[] = []) => {
  const { properties = {}, required = [] } = schema as TObject
  const list = Object.entries(properties).filter(([name]) => !skip.includes(name))
  return rows(
    list.map(([name, field]) => [
      `${code(name)}${(required as string[]).includes(name) ? '' : ' <small>optional</small>'}`,
      `<small>${html(kindOf(field as TSchema))}</small>`,
      html((field as { description?: string }).description ?? ''),
    ]),
  )
}

const example = (schema: TSchema & { type?: string; enum?: string[]; anyOf?: TSchema[] }, name: string): unknown => {
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return example(schema.anyOf[0]!, name)
  const known: Record<string, string> = {
    to: 'customer@example.com',
    subject: 'Hello',
    text: 'Hello from Pennypost.',
    url: 'https://your-app.example/hooks',
    email: 'support@your-domain.example',
    owner_email: 'you@company.example',
  }
  if (known[name]) return known[name]
  if (schema.type === 'array') return [example((schema as { items?: TSchema }).items ?? {}, name)]
  return schema.type === 'integer' ? 1 : schema.type === 'boolean' ? true : `…`
}

const curl = (url: string, method: string, path: string, input: TObject, open: boolean) => {
  const body = Object.entries(input.properties).filter(
    ([name]) => (input.required ?? []).includes(name) && !path.includes(`:${name}`),
  )
  const extra = path.endsWith('/messages') && method === 'POST' ? { text: 'Hello from Pennypost.' } : {}
  const data = { ...Object.fromEntries(body.map(([name, schema]) => [name, example(schema, name)])), ...extra }
  const parts = [`curl -X ${method} ${url}/v1${path.replace(/:(\w+)/g, '{$1}')}`]
  if (!open) parts.push('-H "Authorization: Bearer $PENNYPOST_API_KEY"')
  if (Object.keys(data).length > 0) parts.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(data)}'`)
  return html(parts.join(' \\\n  '))
}

const endpoint = (url: string, [at, { title, scope, input, output }, status = 200]: (typeof v1)[number]) => {
  const [method, path] = at.split(' ') as [string, string]
  const anchor = `${method}${path}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const taken = fields(input)
  return `<section id="${anchor}"><h3><b class="${method}">${method}</b> /v1${html(path)}</h3><p>${html(title)}. <small>Scope ${code(scope)} · answers ${status}</small></p>
<div class="pair"><div>${taken ? `<h4>Takes</h4><table>${taken}</table>` : ''}<details><summary>Answers</summary><table>${fields(output)}</table></details></div><pre>${curl(url, method, path, input as TObject, scope === 'public')}</pre></div></section>`
}

const style = `:root{--ink:#1d2433;--soft:#5b6478;--line:#e4e7ee;--paper:#fff;--shade:#f6f7fa;--red:#c8372d}@media(prefers-color-scheme:dark){:root{--ink:#e7eaf1;--soft:#9aa4b8;--line:#2b3242;--paper:#12161f;--shade:#1a2030;--red:#ff7a6e}}
*{box-sizing:border-box}body{margin:0;font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);display:grid;grid-template-columns:270px minmax(0,1fr)}nav{position:sticky;top:0;height:100vh;overflow:auto;padding:24px 18px;background:var(--shade);border-right:1px solid var(--line);font-size:13px}nav a{display:block;color:var(--soft);text-decoration:none;padding:2px 0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}nav a:hover{color:var(--red)}nav h2{font-size:12px;text-transform:uppercase;letter-spacing:.06em;margin:18px 0 4px}main{padding:40px clamp(20px,4vw,64px);max-width:1180px}h1{font-size:34px;margin:0 0 6px}h1 i{color:var(--red);font-style:normal}section{padding:26px 0;border-top:1px solid var(--line)}h3{font:600 16px ui-monospace,monospace;margin:0;overflow-wrap:anywhere}h4{margin:10px 0 2px;font-size:12px;text-transform:uppercase;letter-spacing:.06em;color:var(--soft)}h3 b{font-size:12px;padding:2px 7px;border-radius:5px;background:#2563c9;color:#fff;margin-right:6px}.POST{background:#1d8a55!important}.DELETE{background:#b3352b!important}.PATCH{background:#a56a09!important}.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:28px}pre{background:#141a26;color:#dde4f2;padding:16px;border-radius:9px;overflow:auto;font-size:12.5px;align-self:start;margin:8px 0}table{border-collapse:collapse;width:100%;font-size:13.5px}td{padding:5px 8px 5px 0;vertical-align:top;border-bottom:1px solid var(--line)}small{color:var(--soft)}code{font-size:13px;background:var(--shade);padding:1px 4px;border-radius:4px;overflow-wrap:anywhere}td:first-child code{white-space:nowrap}summary{cursor:pointer;margin-top:10px;color:var(--soft)}@media(max-width:900px){body{display:block}nav{position:static;height:auto}.pair{display:block}}`

const page = (url: string): string => {
  const groups = Map.groupBy(v1, ([at]) => at.split('/')[1]!)
  const nav = [...groups]
    .map(
      ([name, list]) =>
        `<h2>${name}</h2>${list
          .map(
            ([at, { title }]) =>
              `<a href="#${at
                .replace(' ', '')
                .toLowerCase()
                .replace(/[^a-z0-9]+/g, '-')}">${html(title)}</a>`,
          )
          .join('')}`,
    )
    .join('')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pennypost API</title><style>${style}</style>
<nav><b>Pennypost</b><h2>Guide</h2><a href="#start">First mail</a><a href="#conventions">Conventions</a><a href="#errors">Errors</a><a href="#events">Events</a><a href="/openapi.json">openapi.json</a>${nav}</nav>
<main><h1>Pennypost<i>.</i></h1><p>All the post an app, a team or an agent sends and receives: one key, one wallet, one event log.</p>
<section id="start"><h3>First mail</h3><p>An agent needs one call to begin, and no human:</p><pre>curl -X POST ${html(url)}/v1/register -H "Content-Type: application/json" \\
  -d '{"name": "My agent", "owner_email": "you@company.example"}'</pre><p>The answer holds a key, an address and an inbox. Send with ${code('POST /v1/inboxes/{inbox_id}/messages')}, then ${code('POST /v1/inboxes/{inbox_id}/wait')} answers when mail is there.</p></section>
<section id="conventions"><h3>Conventions</h3><table>${rows([
    [
      'Key',
      `${code('Authorization: Bearer pp_live_…')}; ${code('pp_test_…')} keys are cut off from the world: same states and events, told to the webhooks made with such keys; nothing leaves, nothing is charged. Write to ${code('delivered@')}, ${code('bounced@')}, ${code('deferred@')} or ${code('complained@sandbox.test')} to script what happens.`,
    ],
    [
      'Repeat safely',
      `${code('Idempotency-Key')} on any POST with a key, 24 hours, apart for live and test keys; a replay carries ${code('X-Idempotent-Replayed: true')}.`,
    ],
    ['Lists', `${code('?limit=')} (1–100) and ${code('?cursor=')}; answers ${code('{ data, has_more, next_cursor }')}.`],
    [
      'Limits',
      `1,000 requests a minute per key; ${code('X-RateLimit-Limit')}, ${code('-Remaining')}, ${code('-Reset')}, and ${code('Retry-After')} with 429.`,
    ],
    [
      'Webhooks',
      `Signed as Standard Webhooks: ${code('webhook-id')}, ${code('webhook-timestamp')}, ${code('webhook-signature')} (and the same as ${code('svix-*')}).`,
    ],
    ['Money', 'Mills: 1/1000 USD. A mail costs 2, an attachment 1.'],
  ])}</table></section>
<section id="errors"><h3>Errors</h3><p>${code('{ "error": { code, message, fix, docs, retryable, request_id, errors? } }')}</p><table>${rows(Object.entries(refusals).map(([name, { http, message, fix }]) => [`<span id="${name}"></span>${code(name)}`, String(http), `${html(message)} <small>${html(fix)}</small>`]))}</table></section>
<section id="events"><h3>Events</h3><table>${rows(Object.entries(events).map(([name, { scope, says }]) => [code(name), html(says), code(scope)]))}</table></section>
${v1.map(row => endpoint(url, row)).join('\n')}</main></html>`
}

export const reference = (fastify: FastifyInstance, app: App): void => {
  fastify.get('/openapi.json', async () => openapi(app.publicUrl))
  fastify.get('/docs', async (_, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(page(app.publicUrl)),
  )
  fastify.get('/', async (_, reply) => reply.redirect('/docs'))
}
