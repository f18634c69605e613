import { expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Contestant } from './contestant.ts'
import { startInstantServer } from './instant-server.ts'
import { launchGateway } from './launched.ts'
import { usageOf } from './process-usage.ts'

const contestant = (program: (port: number, backendUrl: string) => string): Contestant => ({
  name: 'try',
  setup: 'a program of one line',
  install: () => Promise.resolve('1'),
  launch: ({ port, backendUrl }) => Promise.resolve({ command: process.execPath, args: ['-e', program(port, backendUrl)] }),
  headers: () => ({ 'x-try': 'yes' })
})

const running = new AbortController().signal

it('waits for the first answer, and ends the process when told to', async () => {
  const backend = await startInstantServer(1)
  const forwards = contestant(
    (port, url) => `require('node:http').createServer((request, response) => {
      const on = require('node:http').request('${url}/chat/completions', { method: 'POST' }, (answer) => answer.pipe(response))
      request.pipe(on)
    }).listen(${port}, '127.0.0.1')`
  )
  const gateway = await launchGateway(forwards, backend.url, systemClock, running)
  expect(gateway).toMatchObject({ name: 'try', version: '1', headers: { 'x-try': 'yes' } })
  await gateway.stop()
  expect(await usageOf(gateway.pid)).toBeUndefined()
  backend.close()
})

it('says how a gateway ended that does not start, and the last that it said', async () => {
  const fails = contestant(() => `console.error('no configuration'); process.exit(3)`)
  await expect(launchGateway(fails, 'http://127.0.0.1:9/v1', systemClock, running)).rejects.toThrow(
    'ended with status 3; it said last: no configuration'
  )
})

it('ends a gateway that does not answer when it is told to stop', async () => {
  const waits = contestant(() => 'setInterval(() => {}, 1000)')
  await expect(launchGateway(waits, 'http://127.0.0.1:9/v1', systemClock, AbortSignal.abort())).rejects.toThrow(/no right answer/)
})
