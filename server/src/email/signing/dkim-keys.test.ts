import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { sealer } from '../../kernel/crypto.ts'
import { newId } from '../../kernel/ids.ts'
import * as store from '../domains/domains.sql.ts'
import { makeKeys, type Signing, startSigning } from './dkim-keys.ts'

let t: TestApp
let signing: Signing
before(async () => {
  t = await startTestApp({ roles: [] })
  signing = startSigning(t.app)
})
after(async () => {
  await signing.close()
  await t.close()
})

const organization = async () => {
  const id = newId()
  await t.app.db.pool.query("insert into organizations (id, name, owner_email) values ($1, 'x', 'x@y.test')", [id])
  return id
}
/** A verified domain with keys, as the API makes it. */
const domainOf = async (org: string | null, name: string, columns = '') => {
  const id = newId()
  const now = new Date()
  const keys = await makeKeys(t.app.sealer, id)
  assert.ok(await store.insert(t.app.db, org, { id, name, createdAt: now, nextCheckAt: now, testKeyId: null }))
  await store.unscopedInsertKeys(t.app.db, id, keys)
  await t.app.db.pool.query(`update domains set verified_at = now() ${columns} where id = $1`, [id])
  return { id, keys }
}
const signers = async (organization_id: string, from_email: string) => {
  const identity = await signing.identify({ organization_id, from_email })
  return (
    identity && {
      returnPath: identity.returnPath,
      keys: identity.keys.map(({ domain, selector, key }) => `${key.asymmetricKeyType} ${domain} ${selector}`),
    }
  )
}

test('keys are RSA-2048 and Ed25519, published in the forms of their RFCs, sealed for one domain', async () => {
  const secrets = sealer(randomBytes(32))
  const id = newId()
  const [rsa, ed25519] = await makeKeys(secrets, id)
  assert.deepEqual(
    [rsa!.algorithm, rsa!.selector, ed25519!.algorithm, ed25519!.selector],
    ['rsa', 'default', 'ed25519', 'ed25519'],
  )
  const open = (key: store.NewKey, domain: string) =>
    createPrivateKey(secrets.open(key.private_key, `domain_keys.private_key:${domain}:${key.algorithm}`))
  const key = open(rsa!, id)
  assert.equal(key.asymmetricKeyDetails!.modulusLength, 2048)
  assert.equal(createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'), rsa!.public_key)
  const raw = createPublicKey(open(ed25519!, id)).export({ type: 'spki', format: 'der' }).subarray(-32)
  assert.equal(raw.toString('base64'), ed25519!.public_key)
  assert.equal(raw.length, 32)
  assert.throws(() => open(rsa!, newId()), /does not open/)
})

test('only the holder of a domain signs for it, and only with what is in the DNS', async () => {
  const [mine, theirs] = [await organization(), await organization()]
  await domainOf(mine, 'held.example')
  await domainOf(mine, 'both.example', ', signs_ed25519 = true, return_path = true')
  assert.deepEqual(await signers(mine, 'a@held.example'), { returnPath: 'mail.test', keys: ['rsa held.example default'] })
  assert.deepEqual(await signers(mine, 'a@BOTH.example'), {
    returnPath: 'bounces.both.example',
    keys: ['rsa both.example default', 'ed25519 both.example ed25519'],
  })
  assert.equal(await signers(theirs, 'a@held.example'), undefined)
  assert.equal(await signers(mine, 'a@sub.held.example'), undefined)
  assert.equal(await signers(mine, 'a@nobody.example'), undefined)
})

test('from the mail domain everybody sends, signed once the server’s own domain is proven', async () => {
  const org = await organization()
  assert.deepEqual(await signers(org, 'a@mail.test'), { returnPath: 'mail.test', keys: [] })
  await domainOf(null, 'mail.test')
  await store.unscopedTell(t.app.db)
  for (let tries = 0; (await signers(org, 'a@mail.test'))!.keys.length === 0; tries++) {
    assert.ok(tries < 500, 'the NOTIFY was not heard')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  assert.deepEqual(await signers(await organization(), 'b@mail.test'), {
    returnPath: 'mail.test',
    keys: ['rsa mail.test default'],
  })
})

test('a key is opened once: the same object signs every mail until something changes', async () => {
  const org = await organization()
  const { id } = await domainOf(org, 'kept.example')
  const ask = () => signing.identify({ organization_id: org, from_email: 'a@kept.example' })
  const [first, second] = await Promise.all([ask(), ask()])
  assert.equal(first!.keys[0]!.key, second!.keys[0]!.key)
  await store.remove(t.app.db, org, id)
  await store.unscopedTell(t.app.db)
  for (let tries = 0; (await ask()) !== undefined; tries++) {
    assert.ok(tries < 500, 'the NOTIFY was not heard')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
})

test('a key that does not open stops the mail, and is not remembered as an answer', async () => {
  const org = await organization()
  const { id } = await domainOf(org, 'damaged.example')
  const ask = () => signing.identify({ organization_id: org, from_email: 'a@damaged.example' })
  await t.app.db.pool.query(
    "update domain_keys set private_key = overlay(private_key placing 'AAAA' from 40) where domain_id = $1",
    [id],
  )
  await assert.rejects(ask(), /does not open/)
  const [fresh] = await makeKeys(t.app.sealer, id)
  await t.app.db.pool.query("update domain_keys set private_key = $2 where domain_id = $1 and algorithm = 'rsa'", [
    id,
    fresh!.private_key,
  ])
  assert.equal((await ask())!.keys.length, 1)
})
