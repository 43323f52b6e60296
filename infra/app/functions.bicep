// The app: a Flex Consumption plan and a function app on it, with all its settings.
// Names of settings agree with shared/config.py and README by a test.

param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param packageContainer string
param vaultName string
param insightsName string
param subnetId string
param instanceMemoryMB int
param maximumInstanceCount int
param httpPerInstanceConcurrency int
param alwaysReadyHttp int
param alwaysReadySyncTeam int
param webexOrgIds string
param microsoftTenantIds string
param webexClientId string
param webexBot bool
param microsoftClientId string
param microsoftCredential string
param webexApiUrl string
param graphUrl string
param microsoftLoginUrl string
param publicUrl string
param auditArchiveUrl string
param auditArchiveS3 bool

var byIdentity = microsoftCredential == 'identity'
var bySecret = microsoftCredential == 'secret'
var byCertificate = microsoftCredential == 'certificate'
var secretUri = '${vault.properties.vaultUri}secrets'
var readyHttp = alwaysReadyHttp == 0 ? [] : [
  {
    name: 'http'
    instanceCount: alwaysReadyHttp
  }
]
var readySyncTeam = alwaysReadySyncTeam == 0 ? [] : [
  {
    name: 'function:sync_team'
    instanceCount: alwaysReadySyncTeam
  }
]

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(readyHttp, readySyncTeam)
        triggers: {
          http: {
            perInstanceConcurrency: httpPerInstanceConcurrency
          }
        }
      }
    }
  }
}

// Apart from the app, since PUBLIC_URL is an address that only the app knows.
resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    // Python 3.13's worker has one thread by default; host.json hands it five messages at a time.
    PYTHON_THREADPOOL_THREAD_COUNT: string(max(8, httpPerInstanceConcurrency))
    AzureWebJobsDisableHomepage: 'true'
    MASTER_KEYS: '@Microsoft.KeyVault(SecretUri=${secretUri}/master-keys/)'
    WEBEX_ORG_IDS: webexOrgIds
    MICROSOFT_TENANT_IDS: microsoftTenantIds
    WEBEX_API_URL: webexApiUrl
    GRAPH_URL: graphUrl
    MICROSOFT_LOGIN_URL: microsoftLoginUrl
    PUBLIC_URL: empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl
    WEBEX_CLIENT_ID: webexClientId
    WEBEX_CLIENT_SECRET: '@Microsoft.KeyVault(SecretUri=${secretUri}/webex-client-secret/)'
    WEBEX_BOT_TOKEN: webexBot ? '@Microsoft.KeyVault(SecretUri=${secretUri}/webex-bot-token/)' : ''
    MICROSOFT_CLIENT_ID: microsoftClientId
    MICROSOFT_CLIENT_SECRET: bySecret ? '@Microsoft.KeyVault(SecretUri=${secretUri}/microsoft-client-secret/)' : ''
    // A certificate in the vault has a secret of the same name, which is the PFX in base64.
    MICROSOFT_CLIENT_CERTIFICATE: byCertificate ? '@Microsoft.KeyVault(SecretUri=${secretUri}/microsoft-client-certificate/)' : ''
    MICROSOFT_FEDERATED_CLIENT_ID: byIdentity ? identityClientId : ''
    AUDIT_ARCHIVE_URL: auditArchiveUrl
    // boto3's own names. The region stands in AUDIT_ARCHIVE_URL.
    AWS_ACCESS_KEY_ID: auditArchiveS3 ? '@Microsoft.KeyVault(SecretUri=${secretUri}/aws-access-key-id/)' : ''
    AWS_SECRET_ACCESS_KEY: auditArchiveS3 ? '@Microsoft.KeyVault(SecretUri=${secretUri}/aws-secret-access-key/)' : ''
  }
}

// Publishing with a name and a password is off; azd publishes as whoever is signed in.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output planId string = plan.id
output publicUrl string = empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl
// Anybody may know it: it goes into a public DNS record.
output domainVerificationId string = app.properties.customDomainVerificationId
