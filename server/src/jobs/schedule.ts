/** What runs by the clock (UTC, crontab fields). One process of all runs each. */
export const schedule = ['*/10 * * * * prune ?max=3', '* * * * * domains.check ?max=1']
