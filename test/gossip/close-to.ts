import { expect } from 'vitest'

/** Every wanted field is within the tolerance. */
export function expectClose(came: object, wanted: Readonly<Record<string, number>>, tolerance: number): void {
  for (const [field, value] of Object.entries(wanted)) {
    const found: unknown = Reflect.get(came, field)
    expect(typeof found, field).toBe('number')
    expect(Math.abs((found as number) - value), `${field}: ${String(found)}, wanted ${value}`).toBeLessThanOrEqual(tolerance)
  }
}
