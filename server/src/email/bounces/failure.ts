/**
 * What a mail that came to a return path says about our delivery: the failure, in a form the rules for SMTP replies can judge
 * (bounces.ts). Reports by RFC 3464 say it in fields; many systems write it in words only, and some write fields that say
 * nothing ("5.0.0") beside words that do. Reading only; who may be believed is decided in report.ts.
 */
import type { ParsedMessage } from '../mime/read-message.ts'
import { classify, recognize, type SmtpRefusal, type Verdict } from './bounces.ts'
import { type ReportedRecipient, readReport } from './dsn.ts'
import { evidence, readNotice } from './notice.ts'

export interface Failure {
  /** SMTP reply code; 550 or 450 where only words or an enhanced code were given. */
  code: number
  /** What was said, as an SMTP reply where there was one. */
  reply: string
  verdict: Verdict
  remoteMta: string | null
}

/** The failure of the delivery to `recipient`; null when the mail says none: a delay, an answer, an absence note, a receipt. */
export const readFailure = (message: ParsedMessage, recipient: string): Failure | null => {
  const report = readReport(message)
  if (report?.kind === 'arf') return null
  if (report) {
    const about = failedAmong(report.recipients, recipient)
    return about ? fromReport(about, message, recipient) : null
  }
  const notice = readNotice(message, recipient)
  return notice?.action === 'failed' ? judge(notice.said, 'Reported as undeliverable without a reason') : null
}

/** The return path names one recipient; a forwarder reports the address it forwarded to instead. */
const failedAmong = (reported: ReportedRecipient[], recipient: string): ReportedRecipient | undefined => {
  const failed = reported.filter(({ action }) => action === 'failed')
  const isOurs = ({ finalRecipient, originalRecipient }: ReportedRecipient) =>
    [finalRecipient, originalRecipient].some(address => address?.toLowerCase() === recipient.toLowerCase())
  return failed.find(isOurs) ?? failed[0]
}

/** The fields first; the words of the report where the fields leave it open why. */
const fromReport = (about: ReportedRecipient, message: ParsedMessage, recipient: string): Failure => {
  const { diagnostic, status, remoteMta } = about
  const inFields: SmtpRefusal = {
    code: codeOf(diagnostic, status),
    enhanced: /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(diagnostic ?? '')?.[0] ?? status,
    text: diagnostic ?? '',
  }
  const said = recognize(inFields) ? [inFields] : [inFields, ...evidence(message, recipient)]
  return { ...judge(said, `Reported as undeliverable, status ${status ?? 'unknown'}`), remoteMta }
}

const codeOf = (diagnostic: string | null, status: string | null): number =>
  Number(/(?:^|[\s;:])([45]\d\d)\b/.exec(diagnostic ?? '')?.[1] ?? (status?.startsWith('4') ? 450 : 550))

/** By what is most telling: the first that the rules know, otherwise the first. */
const judge = (said: SmtpRefusal[], silent: string): Failure => {
  const telling = said.find(each => recognize(each)) ?? said[0] ?? { code: 550, enhanced: null, text: '' }
  return { code: telling.code, reply: telling.text || silent, verdict: verdictOf(telling), remoteMta: null }
}

/** Words that no rule knows say that the mail did not arrive, and not why: that condemns neither the address nor us. */
const verdictOf = (said: SmtpRefusal): Verdict =>
  recognize(said) ?? (said.enhanced || /^[45]\d\d/.test(said.text) ? classify(said) : unexplained)

const unexplained: Verdict = {
  category: 'soft',
  action: 'fail',
  reason: 'The mail came back without a reason that could be read.',
}
