namespace Intotes.Chat.Tests.Hosting;

/// <summary>A shared key that is being changed.</summary>
public sealed class FormerKeyTests(ChatNodes shared)
{
    private const string New = "the new key, which has more than thirty-two bytes", Old = "the key before it, which has as many, or a few more";

    [Fact]
    public async Task While_both_keys_are_set_tokens_under_either_are_taken_and_under_no_other()
    {
        await using var nodes = await StartAsync(Old);

        await nodes.TakesAsync(Token(New));
        await nodes.TakesAsync(Token(Old));
        await nodes.RefusesAsync(Token("another key, which has more than thirty-two bytes"));
        await nodes.RefusesAsync(Token("intotes-development-signing-key-not-for-production"));
        await nodes.RefusesAsync(Token(""));
    }

    [Fact]
    public async Task Afterwards_the_former_key_is_refused()
    {
        await using var nodes = await StartAsync("");

        await nodes.TakesAsync(Token(New));
        await nodes.RefusesAsync(Token(Old));
    }

    private Task<ChatNodes> StartAsync(string former) => ChatNodes.StartAsync(
        shared.Redis.Configuration, 1, new Dictionary<string, string> { ["Jwt:SigningKey"] = New, ["Jwt:FormerSigningKey"] = former });

    private static string Token(string key) => new HandmadeJwt(key, ChatClient.NewId("user")).WithSignature();
}
