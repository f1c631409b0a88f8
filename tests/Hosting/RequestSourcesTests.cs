using System.Net;
using System.Net.Http.Json;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Each request field has one place to come from, and each credential one meaning.</summary>
public sealed class RequestSourcesTests(ChatNodes nodes)
{
    [Fact]
    public async Task A_query_string_neither_replaces_nor_adds_a_field_of_the_body()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();

        var sent = await visitor.PostAsync("chat/message?text=forged&clientMessageId=forged", new { text = "meant" });
        Assert.Equal("meant", (string?)sent.Expect(HttpStatusCode.Created)["text"]);
        Assert.Null(sent["clientMessageId"]);
        (await visitor.PostAsync("chat/message?text=forged")).ExpectInvalid("text");
        var renamed = await visitor.PostAsync("chat/session?name=Forged&email=forged@example.com");
        Assert.Null(renamed.Expect(HttpStatusCode.OK)["visitor"]!["name"]);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        (await visitor.PostAsync("chat/session/rating?score=1")).ExpectInvalid("score");
    }

    [Fact]
    public async Task An_operator_claims_no_session_that_only_the_query_string_names()
    {
        var dana = ChatClient.Operator(nodes);
        await dana.SendAsync(HttpMethod.Put, "operator/presence?capacity=50", JsonContent.Create(new { capacity = 2 }));

        var presence = await dana.SendAsync(HttpMethod.Put, "operator/presence?capacity=50", null);

        Assert.Equal(2, (int)presence.Expect(HttpStatusCode.OK)["capacity"]!);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz", "Bearer bad")]
    [InlineData("Basic dXNlcjpwYXNz, Bearer bad", null)]
    [InlineData("", "Bearer bad")]
    public async Task A_bad_bearer_token_behind_another_credential_is_never_treated_as_anonymous(string first, string? second)
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();

        var answer = await visitor.SendAsync(HttpMethod.Get, "chat/poll", null, request =>
        {
            request.Headers.TryAddWithoutValidation("Authorization", first);
            if (second is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", second);
            }
        });

        answer.ExpectProblem(401, "invalid_token");
    }

    [Fact]
    public async Task Two_session_tokens_are_no_session_token()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();

        var answer = await visitor.SendAsync(HttpMethod.Get, "chat/poll", null, request => request.Headers.Add("X-Chat-Session", visitor.SessionToken));

        answer.ExpectProblem(401, "invalid_session_token");
    }

    [Theory]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("")]
    public async Task A_body_in_an_unknown_charset_or_of_no_type_is_refused(string contentType)
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        var content = new ByteArrayContent("""{"text":"hi"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        (await visitor.SendAsync(HttpMethod.Post, "chat/message", content)).ExpectProblem(415, "unsupported_media_type");
    }

    [Fact]
    public async Task The_longest_text_is_taken_however_its_client_escapes_it()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        var text = string.Concat(Enumerable.Repeat("😀", 4000));

        Assert.Equal(text, (string?)(await visitor.SayAsync(text)).Expect(HttpStatusCode.Created)["text"]);
    }
}
