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

// By its definition localeCompare makes a collator and asks it. The simulator compares letter by letter: one is enough.
const collator = new Intl.Collator(undefined, { sensitivity: 'accent' })
const { localeCompare } = String.prototype
String.prototype.localeCompare = function (other, locales, options) {
  const same = locales === undefined && JSON.stringify(options) === '{"sensitivity":"accent"}'
  return same ? collator.compare(this, other) : localeCompare.call(this, other, locales, options)
}

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

// The simulator weighs every statement of every policy for every request, also those of other actions, which say
// nothing of it: they are left out before. A policy keeps one statement, for one without any means something else.
const pattern = (text) =>
  new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i')
const speaksOf = (action) => (statement) =>
  !statement.Action || [statement.Action].flat().some((text) => pattern(text).test(action))
const shortened = new Map()
const about = (name, action) => {
  const key = `${action} ${name}`
  if (!shortened.has(key)) {
    const { kind, document } = policies[name]
    const statements = [document.Statement].flat()
    const kept = statements.filter(speaksOf(action))
    const short = { ...document, Statement: kept.length ? kept : statements.slice(0, 1) }
    shortened.set(key, read[name].errors.length ? read[name] : createValidatedPolicy(short, VALIDATE[kind]))
  }
  return shortened.get(key)
}
const named = (names, action) => names.map((name) => ({ name, policy: about(name, action) }))

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
      identityPolicies: named(each.identity, each.action),
      serviceControlPolicies: anonymous ? [] : organisation,
      resourceControlPolicies: [],
      resourcePolicy: each.policy ? about(each.policy, each.action) : undefined,
      permissionBoundaryPolicies: each.boundary.length ? named(each.boundary, each.action) : undefined,
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
