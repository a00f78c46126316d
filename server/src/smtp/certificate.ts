/**
 * The certificate for STARTTLS: the operator's, or a self-signed one that is made once and kept. Between mail servers
 * encryption is opportunistic (RFC 7435): a sender that checks names takes the operator's certificate, every other one is
 * better off with any than with none. Node makes keys and signatures but no certificates, hence the little DER below.
 */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config.ts'

/** Both in PEM; `cert` may be a chain. */
export interface TlsPair {
  key: string
  cert: string
}

const day = 86_400_000
const lifetimeDays = 3650
/** A kept certificate is replaced when it has fewer days left than this. */
const renewDays = 30

/** The pair named in the configuration, else the one kept in DATA_DIR/smtp-tls.pem, made when missing, for another name or about to end. */
export const loadCertificate = async (config: Config, now: Date): Promise<TlsPair> => {
  if (config.SMTP_TLS_CERT) {
    const [cert, key] = await Promise.all([readFile(config.SMTP_TLS_CERT, 'utf8'), readFile(config.SMTP_TLS_KEY, 'utf8')])
    return { key, cert }
  }
  const path = join(config.DATA_DIR, 'smtp-tls.pem')
  const kept = await readKept(path)
  if (kept && fits(kept.cert, config.MAIL_HOST, now)) return kept
  await mkdir(config.DATA_DIR, { recursive: true })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const made = selfSigned(config.MAIL_HOST, now)
  await writeFile(draft, made.key + made.cert, { mode: 0o600, flush: true })
  if (kept) {
    await rename(draft, path)
    return made
  }
  // Processes that start at once agree: only the first can link its file into place.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await unlink(draft)
  return (await readKept(path)) ?? made
}

const readKept = async (path: string): Promise<TlsPair | undefined> => {
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(pem)?.[0]
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(pem)?.[0]
  return key && cert ? { key, cert } : undefined
}

const fits = (pem: string, name: string, now: Date): boolean => {
  const certificate = new X509Certificate(pem)
  return certificate.checkHost(name) !== undefined && certificate.validToDate.getTime() > now.getTime() + renewDays * day
}

/** A self-signed P-256 certificate (RFC 5280) for one host name, valid from yesterday for ten years. */
export const selfSigned = (name: string, now: Date): TlsPair => {
  if (isIP(name)) throw new Error(`A certificate for mail names a host, not the address ${name}`)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const who = sequence(set(sequence(oid.commonName, der(0x0c, Buffer.from(name.slice(0, 64))))))
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sequence(oid.ecdsaWithSha256),
    who,
    sequence(time(new Date(now.getTime() - day)), time(new Date(now.getTime() + lifetimeDays * day))),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid.subjectAltName, der(0x04, sequence(der(0x82, Buffer.from(name))))))),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, sequence(oid.ecdsaWithSha256), der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

/** One DER value: tag, length, content (X.690 §8.1). */
const der = (tag: number, content: Buffer): Buffer => {
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const set = (part: Buffer): Buffer => der(0x31, part)
const integer = (bytes: Buffer): Buffer => der(0x02, bytes)

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5). */
const time = (at: Date): Buffer => {
  const text = `${at.toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}

const oid = {
  commonName: der(0x06, Buffer.from([0x55, 4, 3])),
  subjectAltName: der(0x06, Buffer.from([0x55, 29, 17])),
  /** 1.2.840.10045.4.3.2 */
  ecdsaWithSha256: der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])),
}
