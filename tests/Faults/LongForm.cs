namespace Intotes.Chat.Tests.Faults;

/// <summary>Fault tests have a short form, for every run, and a long one: <c>./test --long</c>.</summary>
internal static class LongForm
{
    public static bool IsAsked => Environment.GetEnvironmentVariable("CHAT_TEST_LONG") == "1";

    public static T Or<T>(T longForm, T shortForm) => IsAsked ? longForm : shortForm;
}
