import { get, type IncomingMessage } from 'node:http'
import type { DashboardState } from '../../src/dashboard/dashboard-state.ts'

/** Who listens to a dashboard. */
export interface Listener {
  next(): Promise<DashboardState>
  close(): void
  /** Resolves when the server has ended it, or knows that it was closed. */
  gone(): Promise<void>
}

/** Opens the stream of states. */
export async function eventsOf(origin: string): Promise<Listener> {
  const waiting: ((state: DashboardState) => void)[] = []
  const come: DashboardState[] = []
  let rest = ''
  const request = get(`${origin}/dashboard/events`, { agent: false })
  const response = await new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  response.on('error', () => undefined)
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: ')) ?? ''
      const state = JSON.parse(data.slice('data: '.length)) as DashboardState
      const first = waiting.shift()
      if (first === undefined) come.push(state)
      else first(state)
    }
  })
  return {
    next() {
      const state = come.shift()
      return state === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(state)
    },
    close: () => {
      request.destroy()
    },
    async gone() {
      await closed
      // The other end hears of it in the next rounds of the loop.
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
