/** Files whose bytes the blob store lost: that is said once and for good, and holds up nothing else. */
import assert from 'node:assert/strict'
import { readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isTransient } from '../../src/kernel/database/db.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { sendMail, talk } from './inbound-rig.ts'

describe('files that are lost', () => {
  let t: TestApp
  let key: string
  let inbox: string
  let email: string
  before(async () => {
    t = await startTestApp({ config: { LOG_LEVEL: 'silent' } })
    ;({ key, inbox, email } = await t.register('Lost'))
  })
  after(() => t.close())

  const stored = async () =>
    (await readdir(join(t.dataDir, 'blobs'), { recursive: true, withFileTypes: true }).catch(() => []))
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
  const lose = async () => {
    for (const file of await stored()) await rm(file)
  }
  const large = Buffer.alloc(400_000, 'a')
  const receive = async (subject: string) => {
    const client = await talk(t.smtpPort)
    await client.say('EHLO client.example')
    const mail = [
      ...[
        'From: a@b.example',
        `Subject: ${subject}`,
        'MIME-Version: 1.0',
        'Content-Type: application/octet-stream; name=large.bin',
      ],
      ...['Content-Transfer-Encoding: base64', '', large.toString('base64').replace(/.{76}/g, '$&\r\n')],
    ].join('\r\n')
    assert.match(await sendMail(client, email, mail), /^250/)
    client.close()
  }
  const received = (subject: string) =>
    eventually<Json>(async () => {
      const { body } = await t.call('GET', `/v1/inboxes/${inbox}/messages?direction=inbound&limit=100`, { key })
      return body.data.find((mail: { subject: string }) => mail.subject === subject)
    })

  it('source and attachment are 410 Gone, on every surface; cut short is lost too', async () => {
    const mailboxkit = (await t.call('POST', '/v1/api-keys', { key, body: { name: 'mbk', mode: 'live', dialect: 'mailboxkit' } }))
      .body.key
    for (const spoil of [lose, async () => Promise.all((await stored()).map(file => truncate(file, 1000)))]) {
      await receive('whole')
      const { id, attachments } = await received('whole')
      const link = new URL(attachments[0].url)
      const path = link.pathname + link.search
      assert.equal((await t.call('GET', path)).status, 200)
      await spoil()
      for (const answer of [await t.call('GET', path), await t.call('GET', `/v1/messages/${id}/source`, { key })]) {
        assert.deepEqual([answer.status, answer.body.error.code, answer.body.error.retryable], [410, 'gone', false])
        assert.equal(answer.headers.get('retry-after'), null)
      }
      const theirs = await t.call('GET', `/api/v1/inboxes/${inbox}/messages/${id}`, { key: mailboxkit })
      assert.ok(theirs.status < 500, JSON.stringify(theirs.body))
      await t.app.db.pool.query('delete from messages')
      await lose()
    }
  })

  it('a received mail whose bytes were lost before it was read is filed, and says so', async () => {
    const web = await startTestApp({
      roles: ['web', 'smtp'],
      databaseUrl: t.databaseUrl,
      config: { DATA_DIR: `${t.dataDir}-elsewhere` },
    })
    try {
      const before = await stored()
      const client = await talk(web.smtpPort)
      await client.say('EHLO client.example')
      // Its blob lies where the worker does not look.
      assert.match(await sendMail(client, email, `Subject: elsewhere\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(6000)), /^250/)
      client.close()
      assert.deepEqual(await stored(), before)
      const filed = await eventually<Json>(async () => {
        const { body } = await t.call('GET', `/v1/inboxes/${inbox}/messages?direction=inbound&limit=100`, { key })
        return body.data.find((mail: { parse_problem: string | null }) => mail.parse_problem?.includes('are lost'))
      })
      assert.equal((await t.call('GET', `/v1/messages/${filed.id}/source`, { key })).status, 410)
      await eventually(async () => (await t.app.db.pool.query('select from received_mail')).rowCount === 0)
    } finally {
      await web.close()
      await rm(`${t.dataDir}-elsewhere`, { recursive: true, force: true })
    }
  })

  it('a mail that cannot be composed any more bounces at once', async () => {
    await t.app.db.pool.query('update inboxes set hold = true')
    const attachments = [{ filename: 'large.bin', content: large.toString('base64') }]
    const { status, body: held } = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: { to: email, subject: 's', text: 't', attachments },
    })
    assert.equal(status, 202, JSON.stringify(held))
    await lose()
    await t.app.db.pool.query(`update deliveries set state = 'queued', next_attempt_at = now() where state = 'held'`)
    await t.app.db.pool.query(`update messages set status = 'queued' where status = 'held'`)
    t.app.bus.emit('deliveries')
    const [recipient] = await eventually(async () => {
      const { body } = await t.call('GET', `/v1/messages/${held.id}`, { key })
      return body.recipients[0].status !== 'queued' && body.recipients[0].status !== 'sending' && body.recipients
    })
    assert.deepEqual([recipient.status, recipient.attempts], ['bounced', 1])
    assert.match(recipient.reply, /are lost/)
  })

  it('a store that does not answer is an outage, not a loss', async () => {
    const answered = (status: number) =>
      Object.assign(new Error('store'), { name: 'InternalError', $metadata: { httpStatusCode: status } })
    for (const status of [500, 503, 429]) assert.ok(isTransient(new Error('Cannot read', { cause: answered(status) })))
    assert.equal(isTransient(new Error('Cannot read', { cause: answered(404) })), false)
  })
})
