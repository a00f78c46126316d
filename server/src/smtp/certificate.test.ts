import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { readConfig } from '../config.ts'
import { loadCertificate, selfSigned } from './certificate.ts'

const folder = await mkdtemp(join(tmpdir(), 'pennypost-tls-'))
after(() => rm(folder, { recursive: true }))
const config = readConfig({ DATA_DIR: folder, MAIL_DOMAIN: 'mail.example.com' })
const now = new Date()

test('a self-signed certificate is one that OpenSSL reads, verifies and shakes hands with', async () => {
  const pair = selfSigned('mail.example.com', now)
  const certificate = new X509Certificate(pair.cert)
  assert.equal(certificate.verify(certificate.publicKey), true)
  assert.equal(certificate.checkHost('mail.example.com'), 'mail.example.com')
  assert.equal(certificate.checkHost('other.example.com'), undefined)
  assert.equal(certificate.subject, 'CN=mail.example.com')

  const server = createServer(pair, socket => socket.end('hello')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const socket = connect({ port, host: '127.0.0.1', ca: pair.cert, servername: 'mail.example.com' })
  const said = await socket.setEncoding('utf8').toArray()
  assert.equal(said.join(''), 'hello')
  assert.equal(socket.authorized, true)
  await new Promise(resolve => server.close(resolve))
})

test('validity beyond 2049 is written as GeneralizedTime', () => {
  const certificate = new X509Certificate(selfSigned('a.example', new Date('2045-06-01T00:00:00Z')).cert)
  assert.equal(certificate.validToDate.getUTCFullYear(), 2055)
})

test('it is made once, readable by the owner only, and processes that start at once agree', async () => {
  const made = await Promise.all([loadCertificate(config, now), loadCertificate(config, now), loadCertificate(config, now)])
  assert.deepEqual(made[1], made[0])
  assert.deepEqual(made[2], made[0])
  assert.deepEqual(await loadCertificate(config, now), made[0])
  assert.equal((await stat(join(folder, 'smtp-tls.pem'))).mode & 0o777, 0o600)
})

test('it is made anew for another name, and before it ends', async () => {
  const before = await loadCertificate(config, now)
  const renamed = await loadCertificate({ ...config, MAIL_HOST: 'new.example.com' }, now)
  assert.notEqual(renamed.cert, before.cert)
  assert.equal(new X509Certificate(renamed.cert).checkHost('new.example.com'), 'new.example.com')
  const later = await loadCertificate({ ...config, MAIL_HOST: 'new.example.com' }, new Date(now.getTime() + 3640 * 86_400_000))
  assert.notEqual(later.cert, renamed.cert)
})

test('the operator’s own files come first', async () => {
  const pair = selfSigned('own.example.com', now)
  await writeFile(join(folder, 'own.crt'), pair.cert)
  await writeFile(join(folder, 'own.key'), pair.key)
  const kept = await readFile(join(folder, 'smtp-tls.pem'), 'utf8')
  assert.deepEqual(
    await loadCertificate({ ...config, SMTP_TLS_CERT: join(folder, 'own.crt'), SMTP_TLS_KEY: join(folder, 'own.key') }, now),
    pair,
  )
  assert.equal(await readFile(join(folder, 'smtp-tls.pem'), 'utf8'), kept)
})
