import { describe, expect, it } from 'vitest'
import { wayFailed } from '../../src/backends/http-failure.ts'
import { failureReasonOf } from '../../src/router/failure.ts'

describe('wayFailed', () => {
  it.each([
    ['ECONNREFUSED', '', false, 'unreachable'],
    ['ENOTFOUND', '', false, 'unreachable'],
    ['EHOSTUNREACH', '', false, 'unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', '', false, 'unreachable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '', false, 'unreachable'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '', false, 'unreachable'],
    ['ECONNRESET', 'Client network socket disconnected before secure TLS connection was established', false, 'unreachable'],
    ['ECONNRESET', 'read ECONNRESET', false, 'disconnected'],
    ['UND_ERR_SOCKET', 'other side closed', false, 'disconnected'],
    ['ETIMEDOUT', '', true, 'disconnected'],
    ['UND_ERR_HEADERS_TIMEOUT', '', false, 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', '', true, 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', '', false, 'protocol']
  ])('%s %s, answered: %s, is %s', (code, message, answered, reason) => {
    const error = wayFailed('box', Object.assign(new Error(message), { code }), answered)
    expect(failureReasonOf(error)).toBe(reason)
    expect(error.message).toMatch(/^box .*./)
  })

  it('takes anything that is thrown', () => {
    expect(failureReasonOf(wayFailed('box', 'no', false))).toBe('unreachable')
    expect(failureReasonOf(wayFailed('box', undefined, true))).toBe('disconnected')
  })
})
