/**
 * Agents that answer everything must not answer each other for ever: an inbox answers in one thread no more often within an hour than its
 * `reply_cap` says. The hour begins with the first answer; counts are kept in the thread, which every answer writes anyway.
 */
import { type Problem, problem } from '../../problems.ts'

/** A thread as acceptance locked it: answers in the hour under way, and when that began. */
export interface AnsweredThread {
  id: string
  replies: number
  replies_since: Date | null
}

export interface AnswerRoom {
  /** The refusal, when the thread has as many answers as its inbox may give. */
  refusal(threadId: string, cap: number | null): Problem | undefined
  take(threadId: string): void
}

const hourMs = 3_600_000

export const answerRoomFor = (now: Date, threads: AnsweredThread[]): AnswerRoom => {
  const known = new Map(threads.map(thread => [thread.id, thread]))
  return {
    refusal: (threadId, cap) => {
      const thread = known.get(threadId)
      if (!thread || cap === null || thread.replies < cap) return undefined
      const since = thread.replies > 0 && thread.replies_since ? thread.replies_since.getTime() : now.getTime()
      const left = since + hourMs - now.getTime()
      return problem('reply_limit', { count: cap, retry_after: Math.max(1, Math.ceil(left / 1000)) })
    },
    take: threadId => {
      const thread = known.get(threadId)
      if (thread) thread.replies++
    },
  }
}
