/** What receivers want of a server that sends by itself: a name with an address, and the address with that name (PTR). */
import type { Resolver } from '../../kernel/net/dns.ts'
import { isPrivateAddress } from '../../kernel/net/ip-addresses.ts'

type Names = Pick<Resolver, 'resolve4' | 'resolve6' | 'reverse'>

/** What is wrong with the host's own records, in sentences for the operator; an empty list when nothing is. Never rejects. */
export const hostProblems = async (resolver: Names, mailHost: string): Promise<string[]> => {
  const look = (question: Promise<string[]>) => question.catch(() => [] as string[])
  const addresses = (await Promise.all([look(resolver.resolve4(mailHost)), look(resolver.resolve6(mailHost))])).flat()
  if (addresses.length === 0)
    return [
      `No address was found for ${mailHost}: add an A record with the address this server sends from, or set MAIL_HOST to a name that has one.`,
    ]
  const problems = addresses.map(async address => {
    if (isPrivateAddress(address)) return `${mailHost} has the private address ${address}: nobody outside reaches it.`
    const names = (await look(resolver.reverse(address))).map(name => name.toLowerCase())
    if (names.includes(mailHost)) return undefined
    const said = names.length > 0 ? `says ${names.join(', ')}` : 'is missing'
    return `The PTR record of ${address} ${said}; have whoever gave you the address set it to ${mailHost}, or large receivers refuse your mail.`
  })
  return (await Promise.all(problems)).filter(problem => problem !== undefined)
}
