import { describe, expect, it } from 'vitest'
import { PeerbanditError } from '../../src/core/errors.ts'
import { TransportError, failureReasonOf } from '../../src/router/failure.ts'
import { EngineError } from '../../src/router/transport.ts'

describe('failureReasonOf', () => {
  it.each([
    ['timeout', new PeerbanditError('ERR_TIMEOUT', 'late')],
    ['protocol', new PeerbanditError('ERR_PROTOCOL', 'garbage')],
    ['overloaded', new EngineError('overloaded', 'full')],
    ['engine', new EngineError('engine', 'broken')],
    ['unreachable', new TransportError('unreachable', 'nowhere')],
    ['disconnected', new TransportError('disconnected', 'gone')],
    ['disconnected', new PeerbanditError('ERR_WORKER', 'of no peer')],
    ['disconnected', new Error('ECONNRESET')],
    ['disconnected', 'not even an error']
  ])('is %s for %s', (reason, error) => {
    expect(failureReasonOf(error)).toBe(reason)
  })
})
