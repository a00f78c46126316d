import { limits } from '../limits.ts'

/** What one client may take of us. Tests pass smaller ones. */
export const smtpLimits = {
  /** Bytes of a message, announced as SIZE (RFC 1870): whatever our own inboxes may send each other, with its trace fields and signatures. */
  messageBytes: limits.messageBytes + 1024 * 1024,
  /** RFC 5321 §4.5.3.1.8 asks for at least 100; further ones get 452 and may come in a second transaction. */
  recipients: 100,
  /** Bytes of a command line. RFC 5321 §4.5.3.1.4 asks for 512 and room for parameters; Postfix takes 2048. */
  commandBytes: 2048,
  connections: 1000,
  /** Per IPv4 address or IPv6 /64, as Postfix (smtpd_client_connection_count_limit). */
  connectionsPerClient: 50,
  /** Per IPv4 /24 or IPv6 /48. */
  connectionsPerNetwork: 200,
  /** The last of the connections go to networks that hold few. */
  reserve: 200,
  connectionsInReserve: 10,
  /** 5xx replies between two mails that were taken, then 421. As Postfix (smtpd_hard_error_limit): a dictionary attack ends here. */
  faults: 20,
  /** Replies of any kind between two mails that were taken, then 421: NOOP, RSET and VRFY without end. */
  replies: 300,
  /** Received fields of a message, more are a loop (RFC 5321 §6.3). As Postfix (hopcount_limit). */
  hops: 50,
  /** Silence, in ms (RFC 5321 §4.5.3.2.7: at least five minutes). */
  idleMs: 5 * 60_000,
  /** A client has this long to get a mail through, and more for the bytes it sends, see bytesPerSecond. */
  paceMs: 10 * 60_000,
  bytesPerSecond: 500,
  /** After a 421: how long the client may take to hang up, in ms. */
  goodbyeMs: 1000,
  /** On closing, how long a mail under way may take to arrive. */
  drainMs: 5000,
}
export type SmtpLimits = typeof smtpLimits
