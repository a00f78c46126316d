/** The examples and the guide for agents do what they say. Those of Node run in pack.test.ts, from the packed packages. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../server/test/harness.ts'
import { has, root, run } from './programs.ts'

const shell = has('curl')
const python = has('python3')
const jq = has('jq')

/** The code blocks of a Markdown text. */
const blocks = (markdown: string, language: string) =>
  [...markdown.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1]!)

/** What LangChain, CrewAI and requests are to the examples, where they are not installed. */
const stubs: Record<string, [file: string, code: string]> = {
  langchain_core: ['langchain_core/tools.py', 'def tool(function):\n    return function\n'],
  crewai: [
    'crewai/tools.py',
    'def tool(name):\n    def keep(function):\n        function.tool_name = name\n        return function\n    return keep\n',
  ],
  requests: [
    'requests/__init__.py',
    `import json as j, urllib.request, urllib.error
class Answer:
    def __init__(self, text): self.text = text
    def json(self): return j.loads(self.text)
def request(method, url, json=None, headers={}, timeout=None):
    data = None if json is None else j.dumps(json).encode()
    asked = urllib.request.Request(url, data, {**headers, "Content-Type": "application/json"}, method=method)
    try: return Answer(urllib.request.urlopen(asked, timeout=timeout).read())
    except urllib.error.HTTPError as e: return Answer(e.read())
def post(url, **more): return request("POST", url, **more)
`,
  ],
}

describe('examples', () => {
  let t: TestApp
  let folder: string
  let me: { key: string; inbox: string; email: string }
  let env: Record<string, string>
  before(async () => {
    t = await startTestApp()
    folder = await mkdtemp(join(tmpdir(), 'pennypost-examples-'))
    me = await t.register('Examples')
    env = { PENNYPOST_BASE_URL: t.url, PENNYPOST_API_KEY: me.key, PENNYPOST_INBOX_ID: me.inbox, PYTHONPATH: folder }
    for (const [module, [file, code]] of Object.entries(stubs)) {
      if (!python || (await run('python3', ['-c', `import ${module}`])).code === 0) continue
      await mkdir(dirname(join(folder, file)), { recursive: true })
      if (file.endsWith('tools.py'))
        await writeFile(
          join(folder, dirname(file), '__init__.py'),
          'class Agent:\n    def __init__(self, **more): self.__dict__.update(more)\nTask = Agent\n',
        )
      await writeFile(join(folder, file), code)
    }
  })
  after(async () => {
    await t.close()
    await rm(folder, { recursive: true, force: true })
  })
  const py = (example: string, code: string) =>
    run('python3', ['-c', `import sys, json; sys.path.insert(0, ${JSON.stringify(join(root, 'examples', example))})\n${code}`], {
      env,
    })

  it('curl: a conversation', async c => {
    if (!shell) return c.skip('no curl here')
    const { code, out, all } = await run('/bin/sh', [join(root, 'examples/curl/conversation.sh')], { env })
    assert.equal(code, 0, all)
    assert.match(out, /registered as .*\nsent in thr_\w+\nreceived msg_\w+\nfound the code 482913\nreplied\nfound it again\n$/)
  })

  it('OpenAI function calling: the schemas fit the functions, which send and wait', async c => {
    if (!python) return c.skip('no python3 here')
    const call = (name: string, input: object) => {
      const asked = JSON.stringify({ id: 'call_1', function: { name, arguments: JSON.stringify(input) } })
      return `print(json.dumps(run(json.loads(${JSON.stringify(asked)}))))`
    }
    const { code, out, all } = await py(
      'openai',
      `import inspect
from email_tools import *
for tool in TOOLS:
    given = tool["function"]["parameters"]
    taken = inspect.signature(globals()[tool["function"]["name"]]).parameters
    assert list(given["properties"]) == list(taken), tool
    assert [n for n, p in taken.items() if p.default is p.empty] == given.get("required", []), tool
${call('send_email', { to: [me.email], subject: 'Function call', text: 'Your code is 482913.' })}
${call('wait_for_email', { subject: 'function call', seconds: 30 })}
${call('send_email', { to: ['nobody'], subject: 's', text: 't' })}
${call('wait_for_email', { subject: 'never', seconds: 0 })}`,
    )
    assert.equal(code, 0, all)
    const [sent, got, refused, nothing] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(JSON.parse(line).content))
    assert.equal(sent.status, 'queued')
    assert.deepEqual([got.untrusted_subject, got.codes], ['Function call', ['482913']])
    assert.equal(refused.error.code, 'invalid_input')
    assert.equal(nothing.message, null)
  })

  it('LangChain: send, check, read, reply', async c => {
    if (!python) return c.skip('no python3 here')
    const { code, out, all } = await py(
      'langchain',
      `from tools import *
use = lambda tool, **given: tool.invoke(given) if hasattr(tool, "invoke") else tool(**given)
print(use(send_email, to="${me.email}", subject="Chain", text="Hello"))
call("POST", f"/inboxes/{INBOX}/wait", {"subject": "Chain", "timeout": 30})
line = next(line for line in use(check_inbox).splitlines() if line.endswith("Chain"))
print(use(read_email, message_id=line.split()[0]))
print(use(reply_to_email, message_id=line.split()[0], text="Answer"))
try: use(read_email, message_id="msg_x")
except Exception as refusal: print(refusal)`,
    )
    assert.equal(code, 0, all)
    assert.match(
      out,
      /^Sent as msg_\w+\nFrom .*\(sender proven: (pass|none|fail)\)\nSubject: Chain\n\nHello\s+Sent as msg_\w+\nnot_found: /,
    )
  })

  it('CrewAI: waits for a mail and answers it', async c => {
    if (!python) return c.skip('no python3 here')
    const customer = await t.register('Customer')
    const shop = await t.register('Shop')
    const body = { to: shop.email, subject: 'Where is my lantern?', text: 'It is late.' }
    const asked = await t.call('POST', `/v1/inboxes/${customer.inbox}/messages`, { key: customer.key, body })
    Object.assign(env, { PENNYPOST_API_KEY: shop.key, PENNYPOST_INBOX_ID: shop.inbox })
    const { code, out, all } = await py(
      'crewai',
      `from support import *
use = lambda tool, **given: tool.run(**given) if hasattr(tool, "run") else tool(**given)
mail = use(next_email)
print(mail)
print(use(reply_to_email, message_id=mail.split()[1], text="It left today."))
print(answer_mail.agent.role, len(support.tools))`,
    )
    Object.assign(env, { PENNYPOST_API_KEY: me.key, PENNYPOST_INBOX_ID: me.inbox })
    assert.equal(code, 0, all)
    assert.match(out, /Where is my lantern\?\n\nIt is late\.\s+Sent as msg_\w+\nCustomer support 2\n$/)
    const wait = { timeout: 30, thread_id: asked.body.thread_id }
    const answer = await t.call('POST', `/v1/inboxes/${customer.inbox}/wait`, { key: customer.key, body: wait })
    assert.match(answer.body.message.extracted_text, /It left today\./)
  })

  it('OpenClaw: every command of the skill', async c => {
    if (!shell || !jq) return c.skip('no curl or no jq here')
    const skill = await readFile(join(root, 'examples/openclaw/SKILL.md'), 'utf8')
    assert.match(skill, /^---\nname: pennypost\ndescription: .+\n/)
    const [send, list, wait, reply, search] = blocks(skill, 'bash')
    const bash = async (script: string, more: Record<string, string> = {}) => {
      const { code, out, all } = await run('/bin/sh', ['-c', script], { env: { ...env, ...more } })
      assert.equal(code, 0, all)
      return JSON.parse(out)
    }
    const text = 'It\'s "quoted",\nwith $HOME and `ls`'
    const sent = await bash(send!, { TO: me.email, SUBJECT: 'Claw "1"', TEXT: text })
    assert.match(sent.id, /^msg_/)
    const got = await bash(wait!)
    assert.ok(got.id)
    // The wait answers the oldest mail of the last minute, which may be one of another test.
    const mine = await eventually(async () => (await bash(list!)).find((one: { subject: string }) => one.subject === 'Claw "1"'))
    assert.equal(mine.text.trim(), text)
    assert.equal((await bash(reply!, { MESSAGE_ID: mine.id, TEXT: 'ok' })).status, 'queued')
    await eventually(async () => (await bash(search!, { QUERY: 'claw' })).length > 0)
    assert.equal((await bash(send!, { TO: 'nobody', SUBJECT: 's', TEXT: 't' })).code, 'invalid_input')
  })

  it('/skill.md: every command of the guide, for this server', async c => {
    const guide = (await t.call('GET', '/skill.md')).body as string
    assert.match(guide, /^---\nname: pennypost\ndescription: .+\n---\n/)
    assert.doesNotMatch(guide, /undefined|\{(scope|what|summary|limit)\}|\[object/)
    assert.ok(guide.includes(t.app.publicUrl) && guide.includes('mail.test') && guide.includes('$1.000'))
    if (!shell) return c.skip('no curl here')
    const [register, , send, wait, reply] = blocks(guide, 'sh')
    const answer = async (script: string, more: Record<string, string> = {}) => {
      const { out, all } = await run('/bin/sh', ['-c', script.replace('"timeout": 50', '"timeout": 0')], {
        env: { ...env, ...more },
      })
      assert.ok(out.startsWith('{'), all)
      return JSON.parse(out)
    }
    assert.match((await answer(register!)).api_key, /^pp_live_/)
    const sent = await answer(send!)
    assert.equal(sent.subject, 'Your order')
    assert.equal((await answer(send!)).id, sent.id)
    assert.equal((await answer(wait!)).message, null)
    assert.equal((await answer(reply!, { MESSAGE_ID: sent.id })).subject, 'Re: Your order')
  })

  it('/llms.txt: what is where, and nothing that is not', async () => {
    const page = await t.call('GET', '/llms.txt')
    assert.match(page.headers.get('content-type') ?? '', /^text\/plain/)
    assert.match(page.body, /^# Pennypost\n\n> /)
    for (const [, link] of page.body.matchAll(/\]\((http[^)]+)\)/g) as Iterable<[string, string]>) {
      assert.ok(link.startsWith(t.app.publicUrl))
      assert.equal((await fetch(link.replace('localhost', '127.0.0.1'))).status, 200, link)
    }
    assert.match(page.body, /- `POST \/v1\/inboxes\/\{inbox_id\}\/messages`: Send an email from an inbox/)
  })

  it('MCP settings are JSON with our names', async () => {
    const read = async (file: string) => JSON.parse(await readFile(join(root, 'examples/mcp', file), 'utf8')).mcpServers.pennypost
    const { command, args } = await read('stdio.json')
    assert.deepEqual([command, args.at(-1)], ['npx', 'pennypost-mcp'])
    // The names at the registry are not ours: only files of one's own are installed.
    for (const [index, arg] of args.entries())
      if (args[index - 1] === '-p') assert.match(arg, /^\/path\/to\/pennypost(-mcp)?-\d.*\.tgz$/)
    assert.match((await read('http.json')).url, /\/mcp$/)
  })
})
