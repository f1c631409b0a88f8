using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Settings from files, one file a setting, as Docker and Kubernetes mount secrets; setting <c>Secrets:Directory</c>.</summary>
public static class SecretFiles
{
    /// <summary>
    /// Adds the files of the folder whose names are those of settings (<c>Jwt__SigningKey</c>, <c>OTEL_EXPORTER_OTLP_HEADERS</c>). They override other sources; empty files count as
    /// not set, so that an optional secret can be mounted. They are read once.
    /// </summary>
    /// <exception cref="CannotStartException">There is no such folder.</exception>
    public static void AddSecretFiles(this ConfigurationManager configuration)
    {
        if (configuration["Secrets:Directory"] is not { Length: > 0 } directory)
        {
            return;
        }

        if (!Directory.Exists(directory))
        {
            throw new CannotStartException($"Secrets__Directory must be a folder of this machine, which '{directory}' is not.");
        }

        configuration.AddKeyPerFile(source =>
        {
            source.FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(Path.GetFullPath(directory));
            source.IgnoreCondition = name => !IsSetting(name) || new FileInfo(Path.Combine(directory, name)).Length == 0;
        });
    }

    private static bool IsSetting(string name) => name.Contains("__", StringComparison.Ordinal) || name.StartsWith("OTEL_", StringComparison.Ordinal);
}
