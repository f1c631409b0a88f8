using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Configuration;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Settings that come from mounted files.</summary>
public sealed class SecretFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("intotes-secrets-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_is_the_setting_of_its_name_and_overrides_what_was_set_before()
    {
        Write("Jwt__SigningKey", "from the file\n");

        Assert.Equal("from the file", Read(folder)["Jwt:SigningKey"]);
    }

    [Fact]
    public void Empty_files_and_files_that_name_no_setting_are_left_out()
    {
        Write("Jwt__SigningKey", "");
        Write("redis-ca.pem", "a certificate");

        var settings = Read(folder);

        Assert.Equal("from the environment", settings["Jwt:SigningKey"]);
        Assert.DoesNotContain("redis-ca.pem", settings.AsEnumerable().Select(setting => setting.Key));
    }

    [Fact]
    public void Without_a_folder_nothing_changes() => Assert.Equal("from the environment", Read("")["Jwt:SigningKey"]);

    [Fact]
    public void A_folder_that_is_not_there_is_named() =>
        Assert.Contains("Secrets__Directory", Assert.Throws<CannotStartException>(() => Read(Path.Combine(folder, "nowhere"))).Message, StringComparison.Ordinal);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    private static ConfigurationManager Read(string directory)
    {
        var settings = new ConfigurationManager { ["Secrets:Directory"] = directory, ["Jwt:SigningKey"] = "from the environment" };
        settings.AddSecretFiles();
        return settings;
    }
}
