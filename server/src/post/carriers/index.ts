/** Every carrier, and which one a piece goes to. */
import Type from 'typebox'
import { object, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import type { Carrier } from './carrier.ts'
import { hotFolder } from './hot-folder.ts'
import { lob } from './lob.ts'
import { simulated } from './simulated.ts'

export const carriers: Readonly<Record<string, Carrier>> = { 'hot-folder': hotFolder, lob, simulated }

/** Test mode never leaves the house; live mode goes where the server is told to. */
export const carrierFor = (app: App, livemode: boolean): Carrier => (livemode ? carriers[app.config.CARRIER]! : simulated)

const Capabilities = Type.Object({
  name: Type.String(),
  active: Type.Boolean({ description: 'Whether pieces made with this key go there.' }),
  title: Type.String(),
  sizes: Type.Array(Type.String()),
  countries: Type.Union([Type.Literal('all'), Type.Array(Type.String())]),
  qr_per_piece: Type.Boolean(),
  barcode: Type.String({ description: 'ours or theirs: whose Intelligent Mail barcode is on the paper.' }),
  reports: Type.Array(Type.String()),
  reports_by: Type.String(),
  idempotent: Type.Boolean(),
  cancel_after_lock: Type.Boolean(),
  reprints: Type.Boolean(),
  test_tracking: Type.Boolean(),
  pieces_per_job: Type.Integer(),
})

export const listCarriers = operation(
  'List the carriers and what each can do',
  'orders.read',
  { input: object({}), output: Type.Object({ data: Type.Array(Capabilities) }) },
  async ({ app, livemode }) => {
    const active = carrierFor(app, livemode)
    return {
      data: Object.values(carriers).map(carrier => {
        const { sizes, countries, reports, ...rest } = carrier.capabilities()
        return {
          name: carrier.name,
          active: carrier === active,
          ...rest,
          sizes: [...sizes],
          countries: countries === 'all' ? countries : [...countries],
          reports: [...reports],
        }
      }),
    }
  },
)
