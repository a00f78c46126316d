/** Lob's verification of US addresses (its API of 2020-02-11): POST /v1/us_verifications. */
import { parseJson } from '../../kernel/bounded-json.ts'
import type { AddressProvider, Verdict } from './provider.ts'

/**
 * What it calls an address → what we make of it. A unit that is not needed does no harm; with one that is wrong or missing the building
 * is known and the door is not, which is not our "verified".
 */
const verdicts: Readonly<Record<string, Verdict>> = {
  deliverable: 'verified',
  deliverable_unnecessary_unit: 'verified',
  deliverable_incorrect_unit: 'unsure',
  deliverable_missing_unit: 'unsure',
  undeliverable: 'undeliverable',
}

export const lobVerification: AddressProvider = {
  title: 'Lob',
  countries: ['US'],
  ask: async (app, { name, company, line1, line2, city, state, zip }) => {
    const answer = await app.fetch(`${app.config.LOB_API_URL}/us_verifications`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${app.config.LOB_API_KEY}:`).toString('base64')}`,
        'lob-version': '2020-02-11',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        recipient: name ?? company,
        primary_line: line1,
        ...(line2 ? { secondary_line: line2 } : {}),
        city,
        state,
        zip_code: zip,
      }),
      // Somebody may be waiting for the answer to his request.
      timeoutMs: 3000,
    })
    if (answer.status !== 200) throw new Error(`Lob answered ${answer.status} about an address`)
    const { deliverability } = parseJson(answer.body) as { deliverability?: unknown }
    const verdict = typeof deliverability === 'string' && Object.hasOwn(verdicts, deliverability) && verdicts[deliverability]
    if (!verdict) throw new Error('Lob answered with no word of deliverability')
    return verdict
  },
}
