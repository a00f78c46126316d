/** Both packages as npm packs them, installed into an empty project, driving a running server from plain JavaScript. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { eventually, startTestApp, type TestApp } from '../../server/test/harness.ts'
import { plainEnv, root, run } from './programs.ts'

describe('the packed packages', () => {
  let t: TestApp
  let project: string
  before(async () => {
    t = await startTestApp()
    project = await mkdtemp(join(tmpdir(), 'pennypost-pack-'))
    const packed = await run('npm', ['pack', '-w', 'sdk', '-w', 'mcp', '--pack-destination', project])
    assert.equal(packed.code, 0, packed.all)
    await writeFile(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}')
    const archives = (await readdir(project)).filter(name => name.endsWith('.tgz')).map(name => `./${name}`)
    assert.equal(archives.length, 2)
    const installed = await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...archives], { cwd: project })
    assert.equal(installed.code, 0, installed.all)
    await cp(join(root, 'examples/node'), project, { recursive: true })
  })
  after(async () => {
    await t.close()
    await rm(project, { recursive: true, force: true })
  })
  const script = async (name: string, code: string, env: Record<string, string>) => {
    await writeFile(join(project, name), code)
    return run(process.execPath, [name], { cwd: project, env })
  }

  it('hold what is built and nothing else, and the SDK needs nothing', async () => {
    const files = (await readdir(join(project, 'node_modules/pennypost'), { recursive: true })).sort()
    for (const file of ['README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/generated/schemas.d.ts'])
      assert.ok(files.includes(file), file)
    assert.deepEqual(
      files.filter(file => /^(src|test)|(?<!\.d)\.ts$|tsbuildinfo/.test(file)),
      [],
    )
    const { dependencies } = JSON.parse(await readFile(join(project, 'node_modules/pennypost/package.json'), 'utf8'))
    assert.equal(dependencies, undefined)
    const code = await Promise.all(
      files.filter(file => file.endsWith('.js')).map(file => readFile(join(project, 'node_modules/pennypost', file), 'utf8')),
    )
    for (const text of code) assert.doesNotMatch(text, /^(import|export)\b.*from ['"](?!\.)|require\(/m)
  })

  it('carry the licence they are under, to the letter', async () => {
    const licence = await readFile(join(root, 'LICENSE'), 'utf8')
    for (const name of ['pennypost', 'pennypost-mcp']) {
      const folder = join(project, 'node_modules', name)
      assert.equal(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).license, 'Apache-2.0')
      assert.equal(await readFile(join(folder, 'LICENSE'), 'utf8'), licence, name)
    }
  })

  it('have types that hold up in a strict project without Node’s', async () => {
    await writeFile(
      join(project, 'types.ts'),
      `import Pennypost, { type Message, PennypostError, type WebhookEvent, verifyWebhook } from 'pennypost'
const pp = new Pennypost({ apiKey: 'k' })
const message: Message = await pp.send('inb', { to: 'a@b.test', subject: 's', attachments: [{ filename: 'f', content: new Uint8Array(1) }] })
const code: string | undefined = (await pp.waitFor('inb', { subject: /x/, timeout: 1 })).codes[0]?.value
for await (const { email } of pp.inboxes.list()) email.toLowerCase()
const next: string | null = (await pp.messages.search({ query: 'x' })).next_cursor
const event: WebhookEvent = await verifyWebhook('', {}, 's')
if (event.type === 'message.received') console.log(message.id, code, next, new PennypostError('timeout', '').errors)
// @ts-expect-error an unknown field
await pp.send('inb', { to: 'a@b.test', subject: 's', colour: 'red' })
// @ts-expect-error an unknown event
if (event.type === 'message.eaten') console.log()
`,
    )
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', '']
    const { code, all } = await run(join(root, 'node_modules/.bin/tsc'), [...options, 'types.ts'], { cwd: project })
    assert.equal(code, 0, all)
  })

  it('run a program written for MailboxKit after its import is changed', async () => {
    const [agent, customer] = [await t.register('Agent'), await t.register('Customer')]
    const env = { MAILBOXKIT_API_KEY: agent.key, MAILBOXKIT_BASE_URL: t.url, INBOX: agent.inbox, TO: customer.email }
    const running = script(
      'mailboxkit.js',
      `import MailboxKit from 'pennypost'
const inboxId = process.env.INBOX
const mbk = new MailboxKit()
const message = await mbk.send(inboxId, { to: [process.env.TO], subject: 'Your order has shipped', html: '<p>Your package is on the way!</p>' })
console.log('Sent:', message.id)
const reply = await mbk.waitFor(inboxId, { subject: /re: your order/i, timeout: 30_000 })
console.log('Got reply:', reply.extracted_text)
await mbk.reply(inboxId, reply.id, { text: 'Thanks for confirming!' })
// A client is not answered with the same mail twice; another one has its own memory.
const received = await new MailboxKit().waitFor(inboxId, { from: process.env.TO, subject: /your order/i, timeout: 30_000 })
console.log(received.id === reply.id)
const reg = await mbk.register({ name: 'My Agent', owner_email: 'owner@company.example' })
console.log(new MailboxKit({ apiKey: reg.api_key, baseUrl: process.env.MAILBOXKIT_BASE_URL }) instanceof MailboxKit)
`,
      env,
    )
    const got = await t.call('POST', `/v1/inboxes/${customer.inbox}/wait`, { key: customer.key, body: { timeout: 30 } })
    const at = `/v1/inboxes/${customer.inbox}/messages/${got.body.message.id}/reply`
    await t.call('POST', at, { key: customer.key, body: { text: 'Received, thanks.' } })
    const { code, out, all } = await running
    assert.equal(code, 0, all)
    assert.match(out, /^Sent: msg_\w+\nGot reply: Received, thanks\.\s+true\ntrue\n$/)
    const wait = { timeout: 30, subject: 'Re:' }
    const thanks = await t.call('POST', `/v1/inboxes/${customer.inbox}/wait`, { key: customer.key, body: wait })
    assert.equal(thanks.body.message.extracted_text.trim(), 'Thanks for confirming!')
  })

  it('run the examples for Node', async () => {
    const [agent, customer] = [await t.register('Agent'), await t.register('Customer')]
    const env = { PENNYPOST_API_KEY: agent.key, PENNYPOST_INBOX_ID: agent.inbox, PENNYPOST_BASE_URL: t.url }
    const probe = createServer()
    await once(probe.listen(0, '127.0.0.1'), 'listening')
    const { port } = probe.address() as AddressInfo
    await new Promise(resolve => probe.close(resolve))
    const hook = await t.call('POST', '/v1/webhooks', {
      key: agent.key,
      body: { url: `http://127.0.0.1:${port}/`, events: ['message.received'] },
    })
    const told = spawn(process.execPath, ['webhook.js'], {
      cwd: project,
      env: plainEnv({ PORT: String(port), PENNYPOST_WEBHOOK_SECRET: hook.body.secret }),
    })
    let said = ''
    told.stdout.on('data', chunk => {
      said += chunk
    })
    try {
      await eventually(async () => said.includes('listening'))
      const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' })
      assert.equal(forged.status, 401)
      const talk = run(process.execPath, ['conversation.js', customer.email], { cwd: project, env })
      const got = await t.call('POST', `/v1/inboxes/${customer.inbox}/wait`, { key: customer.key, body: { timeout: 30 } })
      const at = `/v1/inboxes/${customer.inbox}/messages/${got.body.message.id}/reply`
      await t.call('POST', at, { key: customer.key, body: { text: 'Yes, it is.' } })
      const { code, out, all } = await talk
      assert.equal(code, 0, all)
      assert.match(
        out,
        /answer: Yes, it is\.\noutbound Re: Your order has left\ninbound Re: Your order has left\noutbound Your order has left\n$/,
      )
      await eventually(async () => said.includes('message.received Re: Your order has left'))
    } finally {
      told.kill()
      await once(told, 'exit')
    }
  })

  it('hold an MCP server that talks over stdio', async () => {
    const { key, email, inbox } = await t.register('Model')
    await t.call('POST', '/v1/inboxes', { key, body: { name: 'So that one must be meant' } })
    const client = new Client({ name: 'test', version: '1' })
    const command = join(project, 'node_modules/.bin/pennypost-mcp')
    // The settings of MailboxKit's document, where ids have no prefix.
    const env = plainEnv({ MAILBOXKIT_API_KEY: key, MAILBOXKIT_INBOX_ID: inbox.slice(4), PENNYPOST_BASE_URL: t.url })
    await client.connect(new StdioClientTransport({ command, env, cwd: project }))
    try {
      const { tools } = await client.listTools()
      assert.equal(tools.length, 8)
      const call = async (name: string, input: Record<string, unknown>) => {
        const { content, isError } = await client.callTool({ name, arguments: input })
        const text = (content as { text?: string }[]).map(block => block.text ?? '').join('\n')
        assert.ok(!isError, text)
        return text
      }
      const attachments = [{ filename: 'a.txt', content: 'bGFudGVybg==', content_type: 'text/plain' }]
      await call('send_email', { to: email, subject: 'Over stdio', text: 'Hello, model.', attachments })
      const got = await call('wait_for_email', { subject: 'over stdio', timeout: 30 })
      assert.match(got, /Hello, model\./)
      assert.match(got, /lantern/)
    } finally {
      await client.close()
    }
    const keyless = await run(command, [], { cwd: project, env: { PENNYPOST_API_KEY: '' } })
    assert.equal(keyless.code, 1)
    assert.match(keyless.all, /set PENNYPOST_API_KEY/)
    assert.equal(keyless.out, '')
  })
})
