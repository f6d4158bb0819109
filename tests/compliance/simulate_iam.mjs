// Simulates requests against policies with iam-simulate (AGPL-3.0: a tool of the tests, never shipped).
// stdin: {policies: {name: {kind, document}}, requests: [...]}; stdout: one {allowed, ignored, error} a request.
import { readFileSync } from 'node:fs'
import {
  createValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateServiceControlPolicy,
  validateTrustPolicy,
} from '@cloud-copilot/iam-policy'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

const VALIDATE = { identity: validateIdentityPolicy, resource: validateResourcePolicy, trust: validateTrustPolicy }
const { policies, requests } = JSON.parse(readFileSync(0, 'utf8'))
const read = Object.fromEntries(
  Object.entries(policies).map(([name, { kind, document }]) => [name, createValidatedPolicy(document, VALIDATE[kind])]),
)
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const organisation = [
  {
    orgIdentifier: 'root',
    policies: [{ name: 'everything', policy: createValidatedPolicy(everything, validateServiceControlPolicy) }],
  },
]
const named = (names) => names.map((name) => ({ name, policy: read[name] }))

const answers = []
for (const each of requests) {
  const anonymous = each.principal === 'anonymous'
  const result = await runSimulation(
    {
      request: {
        principal: anonymous ? anonymousPrincipal : each.principal,
        action: each.action,
        resource: { resource: each.resource, accountId: each.account },
        contextVariables: each.context,
      },
      identityPolicies: named(each.identity),
      serviceControlPolicies: anonymous ? [] : organisation,
      resourceControlPolicies: [],
      resourcePolicy: each.policy ? read[each.policy] : undefined,
      permissionBoundaryPolicies: each.boundary.length ? named(each.boundary) : undefined,
    },
    {},
  )
  const parts = result.results ?? (result.result ? [result.result] : [])
  answers.push({
    allowed: result.overallResult === 'Allowed',
    ignored: [...new Set(parts.flatMap((part) => part.ignoredContextKeys ?? []))],
    error: result.errors ? JSON.stringify(result.errors) : '',
  })
}
process.stdout.write(JSON.stringify(answers))
