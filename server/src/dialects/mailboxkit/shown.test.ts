/** The commands and programs MailboxKit's documentation shows, run against this server with nothing changed but their host and keys. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { has, run } from '../../../../sdk/test/programs.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'

const curl = has('curl')
const jq = has('jq')
const python = has('python3')

/** `requests`, as far as the examples use it, where it is not installed. */
const requests = `
import json as j, sys, types, urllib.request
class Answer:
    def __init__(self, text): self.text = text
    def json(self): return j.loads(self.text)
def send(method, url, headers, json=None):
    data = None if json is None else j.dumps(json).encode()
    return Answer(urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)).read())
requests = types.SimpleNamespace(
    post=lambda url, headers, json: send("POST", url, headers, json),
    get=lambda url, headers: send("GET", url, headers))
`

describe('MailboxKit: what its documentation shows', () => {
  let t: TestApp
  let folder: string
  let key: string
  let inbox: string
  let address: string
  before(async () => {
    t = await startTestApp()
    folder = await mkdtemp(join(tmpdir(), 'pennypost-shown-'))
    const { body } = await t.call('POST', '/api/v1/register', { body: { name: 'My Agent', owner_email: 'you@company.test' } })
    ;[key, inbox, address] = [body.api_key, body.inbox_id, body.email]
  })
  after(async () => {
    await t.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Runs a command line of the documentation; what it prints is JSON. */
  const sh = async (command: string): Promise<Json> => {
    const here = command.replaceAll('HOST', t.url).replaceAll('mbk_your_api_key', key).replaceAll('{inbox_id}', inbox)
    const { code, out, all } = await run('/bin/sh', ['-c', here], {
      cwd: folder,
      env: { MAILBOXKIT_API_KEY: key, MAILBOXKIT_INBOX_ID: inbox },
    })
    assert.equal(code, 0, all)
    return JSON.parse(out)
  }

  it('curl: the quick start', async c => {
    if (!curl) return c.skip('no curl here')
    const registered = await sh(`curl -X POST HOST/api/v1/register -H "Content-Type: application/json" \\
      -d '{"name": "My Agent", "owner_email": "you@company.com"}'`)
    assert.deepEqual(Object.keys(registered), ['api_key', 'email', 'inbox_id', 'owner_email', 'message'])
    assert.equal(registered.owner_email, 'you@company.com')
    const sent =
      await sh(`curl -X POST HOST/api/v1/inboxes/{inbox_id}/messages/send -H "Authorization: Bearer mbk_your_api_key" \\
      -H "Content-Type: application/json" \\
      -d '{"to": ["customer@example.com"], "subject": "Hello from your AI agent!", "text": "This email was sent programmatically."}'`)
    assert.deepEqual([sent.data.to_emails, sent.data.status, sent.data.from_email], [['customer@example.com'], 'queued', address])
    const hook = await sh(`curl -X POST HOST/api/v1/webhooks -H "Authorization: Bearer mbk_your_api_key" \\
      -H "Content-Type: application/json" -d '{"url": "http://127.0.0.1:9/webhooks/email", "events": ["message.received"]}'`)
    assert.deepEqual(hook.data.events, ['message.received'])
  })

  it('curl: files in a form, a test key, an Idempotency-Key', async c => {
    if (!curl) return c.skip('no curl here')
    for (const name of ['report.pdf', 'image.png']) await writeFile(join(folder, name), name)
    const { data } =
      await sh(`curl -X POST HOST/api/v1/inboxes/{inbox_id}/messages/send -H "Authorization: Bearer mbk_your_api_key" \\
      -F "to[0]=recipient@example.com" -F "subject=Hello!" --form-string "html=<p>HTML body</p>" \\
      -F "attachments[0]=@report.pdf" -F "attachments[1]=@image.png"`)
    assert.deepEqual(
      data.attachments.map(({ filename, mime_type, size }: Json) => [filename, mime_type, size]),
      [
        ['report.pdf', 'application/pdf', 10],
        ['image.png', 'image/png', 9],
      ],
    )
    assert.equal(data.html_body, '<p>HTML body</p>')
    const test = await sh(`curl -X POST HOST/api/v1/api_keys -H "Authorization: Bearer mbk_your_api_key" \\
      -H "Content-Type: application/json" -d '{"name": "Test Key", "test": true}'`)
    assert.match(test.data.key, /^mbk_test_/)
    const once = `curl -X POST HOST/api/v1/inboxes/{inbox_id}/messages/send -H "Authorization: Bearer mbk_your_api_key" \\
      -H "Content-Type: application/json" -H "Idempotency-Key: unique-request-id-abc123" \\
      -d '{"to": ["recipient@example.com"], "subject": "Order confirmation", "text": "Your order has been confirmed."}'`
    assert.equal((await sh(once)).data.id, (await sh(once)).data.id)
  })

  it('curl and jq: every command of the OpenClaw skill', async c => {
    if (!curl || !jq) return c.skip('no curl or jq here')
    const to = (at: string) => `"HOST/api/v1/${at}" -H "Authorization: Bearer $MAILBOXKIT_API_KEY"`
    const json = '-H "Content-Type: application/json"'
    const at = 'inboxes/$MAILBOXKIT_INBOX_ID/messages'
    const body = `'{ "to": ["${address}"], "subject": "SUBJECT", "html": "BODY" }'`
    const sent = await sh(`curl -s -X POST ${to(`${at}/send`)} ${json} -d ${body} | jq .`)
    const list = await eventually(async () => {
      const messages: Json[] = await sh(`curl -s ${to(at)} | jq '.data[:5]'`)
      return messages.some(({ status }) => status === 'received') && messages
    })
    const got = list.find(({ status }) => status === 'received')
    assert.deepEqual([got.subject, got.extracted_text.trim(), got.message_id], ['SUBJECT', 'BODY', sent.data.message_id])
    const reply = `'{ "text": "REPLY_BODY", "html": "<p>REPLY_BODY</p>" }'`
    const replied = await sh(`curl -s -X POST ${to(`${at}/${got.id}/reply`)} ${json} -d ${reply} | jq .`)
    assert.deepEqual([replied.data.subject, replied.data.thread_id], ['Re: SUBJECT', got.thread_id])
    const search = `curl -s -X POST ${to('messages/search')} ${json} -d '{"query": "SUBJECT"}' | jq '.data[:5]'`
    await eventually(async () => (await sh(search)).length >= 3)
  })

  it('Python: the functions of the examples for OpenAI, LangChain and CrewAI', async c => {
    if (!python) return c.skip('no python3 here')
    const program = `${requests}
MAILBOXKIT_API_KEY = "${key}"
INBOX_ID = "${inbox}"

def send_email(to, subject, body):
    response = requests.post(
        f"${t.url}/api/v1/inboxes/{INBOX_ID}/messages/send",
        headers={
            "Authorization": f"Bearer {MAILBOXKIT_API_KEY}",
            "Content-Type": "application/json",
        },
        json={"to": [to], "subject": subject, "html": body},
    )
    return response.json()

def check_inbox():
    response = requests.get(
        f"${t.url}/api/v1/inboxes/{INBOX_ID}/messages",
        headers={"Authorization": f"Bearer {MAILBOXKIT_API_KEY}"},
    )
    messages = response.json()["data"]
    return f"Found {len(messages)} messages"

data = send_email("customer@example.com", "Hello", "<p>Hi</p>")
print(f"Email sent (ID: {data['data']['id']})")
print(check_inbox())
`
    const { code, out, all } = await run('python3', ['-c', program])
    assert.equal(code, 0, all)
    assert.match(out, /^Email sent \(ID: [0-9A-Z]{26}\)\nFound \d+ messages\n$/)
  })
})
