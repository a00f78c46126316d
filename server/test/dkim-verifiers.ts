/**
 * DKIM verifiers that are not ours, each on a DNS zone of a test: mailauth (Node), dkimpy (Debian package python3-dkim) and OpenDKIM
 * (Debian package opendkim-tools). The last asks the system's name server on port 53, so it runs in a mount namespace with a
 * resolv.conf of its own, which takes root.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { createResolver } from '../src/kernel/net/dns.ts'

/** `<selector> <result>` for each signature, in the order of the message. */
export const byMailauth = async (message: Buffer, dnsServer: string): Promise<string[]> => {
  const dns = createResolver([dnsServer])
  const { results } = await dkimVerify(message, { resolver: async (name: string) => dns.resolveTxt(name), strict: true })
  return results.map(({ selector, status }) => `${selector} ${status.result}`)
}

const python = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
message = base64.b64decode(given['message'])
dnsfunc = lambda name, timeout=5: given['zone'].get(name.decode().rstrip('.'), '').encode()
def passes(i):
    try:
        return dkim.DKIM(message).verify(idx=i, dnsfunc=dnsfunc)
    except dkim.DKIMException:
        return False
print(json.dumps([bool(passes(i)) for i in range(given['signatures'])]))
`

/** Whether each signature verifies; undefined where the package is not installed. @param zone name → TXT value */
export const byDkimpy = (message: Buffer, zone: Record<string, string>, signatures: number): boolean[] | undefined => {
  if (spawnSync('/usr/bin/python3', ['-c', 'import dkim, nacl']).status !== 0) return undefined
  const input = JSON.stringify({ zone, message: message.toString('base64'), signatures })
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', python], { input, encoding: 'utf8' })
  if (!stdout) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Port 53 on a loopback address of its own, passed on to the test's zone. */
const startPort53 = async (port: number) => {
  const address = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}.53`
  const udp = createSocket('udp4')
  udp.bind(53, address)
  await once(udp, 'listening')
  udp.on('message', (question, from) => {
    const ask = createSocket('udp4')
    ask.on('message', answer => udp.send(answer, from.port, from.address, () => ask.close()))
    ask.send(question, port, '127.0.0.1')
  })
  const tcp = createServer(socket => {
    const onward = connect(port, '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  })
  tcp.listen(53, (udp.address() as AddressInfo).address)
  await once(tcp, 'listening')
  return { address, stop: () => Promise.all([new Promise<void>(done => udp.close(done)), new Promise(done => tcp.close(done))]) }
}

/** What OpenDKIM complains of, '' when it verifies the message; undefined where it cannot be run. */
export const byOpenDkim = async (message: Buffer, dnsServer: string): Promise<string | undefined> => {
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['-m', 'which', 'opendkim-testmsg']).status !== 0) return undefined
  const relay = await startPort53(Number(dnsServer.split(':').at(-1)))
  const folder = await mkdtemp(join(tmpdir(), 'pennypost-opendkim-'))
  try {
    await writeFile(join(folder, 'resolv.conf'), `nameserver ${relay.address}\n`)
    const script = 'mount --bind "$0" /etc/resolv.conf && exec opendkim-testmsg'
    const child = spawn('unshare', ['-m', 'sh', '-c', script, join(folder, 'resolv.conf')], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end(message)
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    return code === 0 ? out + error : out + error || `exit code ${code}`
  } finally {
    await relay.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Asserts that both our signatures verify, by all of them; says which could not be asked here. */
export const assertSignedTwice = async (
  test: TestContext,
  message: Buffer,
  { zone, dnsServer }: { zone: Record<string, string>; dnsServer: string },
): Promise<void> => {
  assert.deepEqual(await byMailauth(message, dnsServer), ['default pass', 'ed25519 pass'])
  const second = byDkimpy(message, zone, 2)
  if (second) assert.deepEqual(second, [true, true])
  else test.diagnostic('python3-dkim is not installed')
  const third = await byOpenDkim(message, dnsServer)
  if (third !== undefined) assert.equal(third, '')
  else test.diagnostic('opendkim-tools is not installed, or this is not root')
}
