// Everything that the app needs in one resource group of the customer's own subscription.
// One module per role; the roles of the identity are on one page, app/roles.bicep. Names follow from
// subscription, environment and region, so the same deployment can be made again at any time.

targetScope = 'subscription'

@description('Name of the environment: names of resources follow from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region. Flex Consumption and its Python must be offered there: ./dev deploy looks.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of whoever deploys. Gets the right to write secrets into the vault. Empty: nobody does.')
param principalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

@description('More tags for every resource.')
param tags object = {}

// --- What the app serves -------------------------------------------------------------------------

@description('WEBEX_ORG_IDS: uuids or Webex ids, with commas.')
@minLength(1)
param webexOrgIds string

@description('MICROSOFT_TENANT_IDS: GUIDs, with commas.')
@minLength(1)
param microsoftTenantIds string

@description('Client id of the Webex integration. Its secret goes into the vault.')
@minLength(1)
param webexClientId string

@description('Whether there is a bot. Its token goes into the vault as webex-bot-token.')
param webexBot bool = false

@description('Application (client) id of the registration in Entra.')
@minLength(1)
param microsoftClientId string

@description('How the app proves to Entra who it is. identity: nothing is stored. secret: microsoft-client-secret in the vault. certificate: microsoft-client-certificate in the vault.')
@allowed(['identity', 'secret', 'certificate'])
param microsoftCredential string = 'identity'

@description('Other addresses for a national cloud.')
param webexApiUrl string = 'https://webexapis.com'
param graphUrl string = 'https://graph.microsoft.com'
param microsoftLoginUrl string = 'https://login.microsoftonline.com'

@description('Address under which Webex and browsers reach the app, where a gateway of yours stands before it. Empty: the custom domain, or else the address that Azure gives.')
param publicUrl string = ''

@description('Where the audit is archived: a container of yours, to which the identity of the app has a role, or s3://bucket. No signature in it: a parameter is no secret. Empty: nowhere.')
param auditArchiveUrl string = ''

@description('Whether the archive is in Amazon S3, by an access key. Its two halves go into the vault as aws-access-key-id and aws-secret-access-key.')
param auditArchiveS3 bool = false

@description('A host name of yours for the app itself, with a certificate that Azure makes. Empty: none.')
param customDomain string = ''

// --- How much it may cost; the prices are in docs/deployment.md ----------------------------------

@description('Memory of an instance. 512 is enough for a small organization.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The app never has more instances than this. It caps what a flood can cost.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Requests that one instance serves at once. Azure would give each its own instance with Python.')
@minValue(1)
@maxValue(1000)
param httpPerInstanceConcurrency int = 16

@description('Instances for webhooks and pages that never sleep. With 0 an idle app answers after seconds.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int = 1

@description('Instances for sync_team that never sleep. With 0 a new team waits some seconds longer.')
@minValue(0)
@maxValue(20)
param alwaysReadySyncTeam int = 1

@description('Copies of the storage account. LRS where the region has no zones; GZRS for a second region.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Logs of a day, in GB, above which the rest of the day is dropped. It caps what logs can cost.')
@minValue(1)
param logDailyCapGb int = 2

// --- Who is told, and who reaches it ------------------------------------------------------------

@description('Where alerts are mailed. Empty: they are shown in the portal alone.')
param alertEmail string = ''

@description('Storage and vault are reached through a virtual network alone.')
param privateNetworking bool = false

@description('Addresses (CIDR, with commas) that reach the vault beside the virtual network: those of who writes secrets.')
param administratorAddresses string = ''

@description('The three ranges of the virtual network; change them where they meet your own.')
param networkAddresses object = {
  network: '10.80.0.0/22'
  app: '10.80.0.0/24'
  endpoints: '10.80.1.0/24'
}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })
var appName = 'func-${token}'
var storageName = 'st${token}'
var vaultName = 'kv-${token}'
var insightsName = 'appi-${token}'
var workspaceName = 'log-${token}'
var identityName = 'id-${token}'
var packageContainer = 'app-package'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: identityName
    location: location
    tags: allTags
  }
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    insightsName: insightsName
    workspaceName: workspaceName
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyCapGb: logDailyCapGb
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: storageName
    location: location
    tags: allTags
    redundancy: storageRedundancy
    packageContainer: packageContainer
    private: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'app/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: vaultName
    location: location
    tags: allTags
    private: privateNetworking
    administratorAddresses: empty(administratorAddresses) ? [] : split(administratorAddresses, ',')
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'app/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: allTags
    addresses: networkAddresses
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module roles 'app/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    identityPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    storageName: storageName
    vaultName: vaultName
    insightsName: insightsName
  }
  dependsOn: [storage, vault, monitoring]
}

module functions 'app/functions.bicep' = {
  name: 'functions'
  scope: group
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storageName
    packageContainer: packageContainer
    vaultName: vaultName
    insightsName: insightsName
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpPerInstanceConcurrency: httpPerInstanceConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadySyncTeam: alwaysReadySyncTeam
    webexOrgIds: webexOrgIds
    microsoftTenantIds: microsoftTenantIds
    webexClientId: webexClientId
    webexBot: webexBot
    microsoftClientId: microsoftClientId
    microsoftCredential: microsoftCredential
    webexApiUrl: webexApiUrl
    graphUrl: graphUrl
    microsoftLoginUrl: microsoftLoginUrl
    publicUrl: !empty(publicUrl) ? publicUrl : (empty(customDomain) ? '' : 'https://${customDomain}')
    auditArchiveUrl: auditArchiveUrl
    auditArchiveS3: auditArchiveS3
  }
  // The host reads its storage and the vault as it starts: the roles come first.
  dependsOn: [roles]
}

module domain 'app/domain.bicep' = if (!empty(customDomain)) {
  name: 'domain'
  scope: group
  params: {
    appName: appName
    planId: functions.outputs.planId
    hostName: customDomain
    location: location
    tags: allTags
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
  }
}

module workbook 'app/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = appName
output AZURE_KEY_VAULT_NAME string = vaultName
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output APP_PUBLIC_URL string = functions.outputs.publicUrl
output APP_DOMAIN_VERIFICATION_ID string = functions.outputs.domainVerificationId
