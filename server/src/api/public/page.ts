/**
 * The frame of the few pages people see: they come from a mail, do one thing and go. Plain HTML that works without JavaScript;
 * everything is escaped by the `html` tag, and the policy lets nothing run or load, whatever slipped in.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isTransient } from '../../kernel/database/db.ts'
import { limits } from '../../limits.ts'
import { isProblem } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { problem, refusals, retryAfter } from '../../problems.ts'
import { readBody } from '../body.ts'
import { limitByAddress } from '../surface.ts'

/** Markup that is safe to put into a page. Only `html` makes it. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Markup | readonly Markup[] | undefined

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const shown = (part: Part): string => {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'string' || typeof part === 'number') return String(part).replace(/[&<>"']/g, letter => entities[letter]!)
  return part.map(shown).join('')
}

/** Tag: html`<p>${anything}</p>`. What is put in is text, unless it was made by this tag. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Markup =>
  new Markup(strings.reduce((text, string, i) => text + shown(parts[i - 1]) + string))

const style = `
:root{color-scheme:light dark;--paper:#fbf8f1;--sheet:#fff;--ink:#23201b;--soft:#756d60;--line:#e4dccb;--red:#b4342d;--blue:#2f5d8a;--go:#1f6b4a}
@media (prefers-color-scheme:dark){:root{--paper:#1b1a18;--sheet:#262421;--ink:#efeae0;--soft:#a79f90;--line:#3d3932;--red:#e5746c;--blue:#8db4da;--go:#2e8b62}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 ui-serif,Georgia,"Times New Roman",serif;padding:6vh 20px 48px}
main,footer{max-width:620px;margin:0 auto}
main{background:var(--sheet);border-radius:4px;padding:40px 44px 44px;box-shadow:0 1px 2px #0001,0 12px 40px #0000000f;position:relative;overflow:hidden}
main::before{content:"";position:absolute;inset:0 0 auto;height:8px;background:repeating-linear-gradient(115deg,var(--red) 0 22px,transparent 22px 38px,var(--blue) 38px 60px,transparent 60px 76px)}
.stamp{float:right;width:64px;height:76px;margin:2px 0 12px 20px;color:var(--red)}
h1{font-size:29px;line-height:1.2;margin:8px 0 18px;letter-spacing:-.01em}
h2{font-size:17px;margin:28px 0 8px}
p{margin:0 0 16px}
form+.soft{margin:28px 0 0}
.soft,footer,dt{color:var(--soft)}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 20px;margin:24px 0;padding:18px 0;border:solid var(--line);border-width:1px 0;clear:both}
dt{font-variant:small-caps;letter-spacing:.04em}
dd{margin:0;overflow-wrap:anywhere}
pre,code{font:14px/1.5 ui-monospace,Menlo,Consolas,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--paper);border:1px solid var(--line);border-radius:4px;padding:16px;margin:0 0 16px;max-height:60vh;overflow:auto}
code{font-size:12px;color:var(--soft);overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--soft);margin-bottom:10px}
form{display:flex;flex-wrap:wrap;gap:12px;margin:28px 0 0}
button{font:600 17px/1 ui-serif,Georgia,serif;padding:15px 26px;border-radius:4px;border:1px solid var(--go);background:var(--go);color:#fff;cursor:pointer}
button.no{background:none;color:var(--red);border-color:var(--red)}
button:focus-visible,a:focus-visible,input:focus-visible+span,summary:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:10px;width:100%}
legend{padding:0 0 10px}
label{position:relative}
label input{position:absolute;opacity:0}
label span{display:block;padding:12px 20px;border:1px solid var(--line);border-radius:4px;cursor:pointer;font-variant-numeric:tabular-nums}
label input:checked+span{border-color:var(--go);box-shadow:inset 0 0 0 1px var(--go);font-weight:600}
.sum{font-size:40px;line-height:1;margin:0 0 6px;font-variant-numeric:tabular-nums}
footer{font-size:14px;margin-top:20px;text-align:center}
@media (max-width:520px){main{padding:34px 24px 32px}h1{font-size:25px}button{width:100%}}
`
const styleHash = createHash('sha256').update(style).digest('base64')

/** A small penny stamp, perforated. */
const stamp = html`<svg class="stamp" viewBox="0 0 64 76" fill="none" stroke="currentColor" aria-hidden="true"><rect x="3" y="3" width="58" height="70" stroke-width="3" stroke-dasharray="1 5" stroke-linecap="round"/><rect x="9" y="9" width="46" height="58" stroke-width="1.5"/><path d="M19 29h26v18H19zM19 29l13 11 13-11" stroke-width="2" stroke-linejoin="round"/><text x="32" y="61" text-anchor="middle" font-size="7.5" font-family="Georgia,serif" fill="currentColor" stroke="none">1 PENNY</text><text x="32" y="22" text-anchor="middle" font-size="7" font-family="Georgia,serif" fill="currentColor" stroke="none">POSTAGE</text></svg>`

export interface PageOptions {
  status?: number
  /** Sites a form of the page may lead to beside this one; a CSP source list. */
  formsLeadTo?: string
}

/** Answers with a page. What is on it is for the holder of a link, so nobody keeps a copy and nobody is told where it was. */
export const sendPage = (
  reply: FastifyReply,
  title: string,
  body: Markup,
  { status = 200, formsLeadTo = '' }: PageOptions = {},
) => {
  const page = html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>${title} · Pennypost</title><style>${new Markup(style)}</style>
<main>${stamp}<h1>${title}</h1>${body}</main>
<footer>Pennypost carries post for apps, teams and agents.</footer></html>
`
  return reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'${formsLeadTo && ` ${formsLeadTo}`}; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    .send(page.text)
}

/** The page of a link that opens nothing: forged, expired and used ones look the same. */
export const sendDeadLink = (reply: FastifyReply, hint: string) =>
  sendPage(
    reply,
    'This link no longer works',
    html`<p>It has expired, was used already, or was cut short on its way to you.</p><p class="soft">${hint}</p>`,
    { status: 404 },
  )

/** Where pages live: forms are read, and what goes wrong is shown as a page too. */
export const pages = (fastify: FastifyInstance, app: App, routes: (scope: FastifyInstance) => void): void => {
  fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/x-www-form-urlencoded', async (request: FastifyRequest, payload: IncomingMessage) =>
      Object.fromEntries(new URLSearchParams(String(await readBody(request, payload, limits.pageFormBytes)))),
    )
    // Whoever has the link needs no key.
    scope.addHook('onRequest', async request => {
      if (request.method !== 'GET') await limitByAddress(app, request)
    })
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const refusal = isProblem(error) ? error : isTransient(error) ? problem('unavailable') : undefined
      const status = refusal ? refusals[refusal.code].http : (error.statusCode ?? 500)
      if (status >= 500 && !isProblem(error))
        app.log.error({ request: request.id, route: request.routeOptions.url, error: error.stack }, 'page failed')
      const said = refusal?.message ?? (status < 500 ? 'That was no form of this page.' : 'Something went wrong here.')
      const wait = refusal && retryAfter(refusal)
      if (wait !== undefined) reply.header('retry-after', String(wait))
      return sendPage(
        reply,
        'That did not work',
        html`<p>${said}</p><p class="soft">${refusal?.fix ?? 'Go back and try again.'}</p>`,
        { status },
      )
    })
    routes(scope)
    done()
  })
}
