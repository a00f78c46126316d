/**
 * Something that waits for a human, whatever it is: what the decision, the owner's mail and the owner's page need to know of it.
 */
import type { Db } from '../kernel/database/db.ts'
import type { App } from '../platform.ts'

export const heldKinds = ['message', 'piece', 'order'] as const
export type HeldKind = (typeof heldKinds)[number]

/** Which thing. */
export interface Held {
  org: string
  livemode: boolean
  /** uuid */
  id: string
}

/** How a wait ends without approval. */
export type Refusal = 'rejected' | 'expired'

/** The exact thing, as text only: everything that leaves with it, and what it costs. */
export interface HeldPage {
  intro: string
  facts: [name: string, values: string[]][]
  parts: { heading: string; text?: string; source?: string; entries?: { name: string; value: string; note: string }[] }[]
  /** Pages of ours that show more of it. */
  links: { says: string; url: string }[]
  /** On the button. */
  approve: string
}

export interface HeldThing {
  /** What the owner is asked: "May this mail go out?" */
  question: string
  /** A few words that tell it from others, for a subject line. */
  title: string
  /** What is said of it when it was approved, and when it was rejected: "is on its way." */
  approved: string
  rejected: string
  /** SHA-256 over everything that decides what leaves, for whom, and what it costs. */
  hash(): Promise<Buffer>
  /** Lets it go, in the transaction of the decision: state, event and job. `by`: who decided. */
  approve(by: string): Promise<void>
  /** Ends it, and gives back what it has cost (mills), in the transaction of the decision. */
  reject(how: Refusal, cost: number): Promise<void>
  /** After the commit. */
  wake?(): void
  /** As the API shows it. */
  show(): Promise<object>
  page(): Promise<HeldPage>
}

/** Looks a thing up, waiting or not; undefined when it is gone. */
export type FindHeld = (app: App, db: Db, held: Held) => Promise<HeldThing | undefined>
